using System.Net;
using System.Text.Json;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Traffic;
using Aviator.Tests.Tooling.Workload;
using k8s;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>Test apps and the Services before them, in one namespace.</summary>
/// <param name="api">The cluster.</param>
/// <param name="ns">The test's namespace.</param>
internal sealed class Workload(ClusterApi api, string ns)
{
    /// <summary>The usual Service: all pods of the label app=app, port 80 to the port named http.</summary>
    public const string Service = "app";

    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);
    private readonly Dictionary<string, DemoPod> _pods = [];

    /// <summary>The pods by name.</summary>
    public IReadOnlyDictionary<string, DemoPod> Pods => _pods;

    /// <summary>The manifest of the usual Service, as its user keeps it.</summary>
    public static string ServiceManifest(string more = "") => $$"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {{Service}}
        spec:
          selector: {app: {{Service}}}
          ports: [{name: http, port: 80, targetPort: http, protocol: TCP}]
          {{more}}
        """;

    /// <summary>Addresses of the named pods.</summary>
    public IReadOnlySet<string> Addresses(params IEnumerable<string> pods) => pods.Select(p => _pods[p].Address.ToString()).ToHashSet();

    /// <summary>Applies a manifest as the user.</summary>
    public Task ApplyAsync(string manifest, CancellationToken stop) => api.Kubectl.RunAsync(["apply", "-n", ns, "-f", "-"], manifest, stop);

    /// <summary>
    /// Creates pods that answer after 10 ms, or after the time given behind a colon ("slow:500"), and waits until all are ready.
    /// </summary>
    public Task AddAsync(CancellationToken stop, params IEnumerable<string> pods) =>
        AddAsync(pods, (name, delay) => PodManifest(name, delay), stop);

    /// <summary>Creates pods by a template of name and delay, and waits until all are ready.</summary>
    public async Task AddAsync(IEnumerable<string> pods, Func<string, TimeSpan, string> manifest, CancellationToken stop)
    {
        var wanted = pods.Select(p => p.Split(':'))
            .ToDictionary(p => p[0], p => p.Length > 1 ? TimeSpan.FromMilliseconds(int.Parse(p[1])) : Fast);
        await ApplyAsync(string.Join("\n---\n", wanted.Select(p => manifest(p.Key, p.Value))), stop);
        // The one node's kubelet starts them all: on a slow machine that takes it a second and more for each, and after a test of 120 it
        // first ends those. Nothing of Aviator is measured here.
        var limit = TimeLimits.Seconds(90 + (2 * wanted.Count));
        await Waiting.UntilAsync($"pods {string.Join(", ", wanted.Keys)} to be ready", limit, async () =>
        {
            foreach (var pod in await api.ListAsync($"api/v1/namespaces/{ns}/pods", stop))
                if (IsReady(pod) && pod.GetProperty("metadata").GetProperty("name").GetString() is { } name &&
                    wanted.TryGetValue(name, out var delay))
                    _pods[name] = new(name, IPAddress.Parse(pod.GetProperty("status").GetProperty("podIP").GetString()!), delay);
            return wanted.Keys.All(_pods.ContainsKey);
        }, stop, () => $"ready are {string.Join(", ", _pods.Keys)}");
    }

    /// <summary>Applies the usual Service and waits until Kubernetes publishes all pods, and kube-proxy leads to them.</summary>
    /// <returns>Its ClusterIP and port.</returns>
    public async Task<IPEndPoint> ExposeAsync(CancellationToken stop, string? manifest = null)
    {
        await ApplyAsync(manifest ?? ServiceManifest(), stop);
        await Waiting.UntilAsync("the default slices to hold all pods", TimeLimits.Kubernetes,
            async () => (await api.ShapeAsync(ns, Service, stop))?.Ready.Count == _pods.Count, stop);
        return await AddressAsync(stop);
    }

    /// <summary>
    /// Applies the usual Service where a policy waits for it, so that Kubernetes may never be seen to publish all pods, and waits until
    /// kube-proxy leads to some.
    /// </summary>
    /// <returns>Its ClusterIP and port.</returns>
    public async Task<IPEndPoint> ExposeUnderPolicyAsync(CancellationToken stop)
    {
        await ApplyAsync(ServiceManifest(), stop);
        return await AddressAsync(stop);
    }

    /// <summary>Waits until kube-proxy leads to some pod of a Service.</summary>
    /// <returns>Its ClusterIP and first port.</returns>
    public async Task<IPEndPoint> AddressAsync(CancellationToken stop, string service = Service)
    {
        var spec = (await api.GetAsync($"api/v1/namespaces/{ns}/services/{service}", stop))!.Value.GetProperty("spec");
        var target = new IPEndPoint(IPAddress.Parse(spec.GetProperty("clusterIP").GetString()!),
            spec.GetProperty("ports")[0].GetProperty("port").GetInt32());
        await Reachable.WaitAsync(target, stop);
        return target;
    }

    /// <summary>Who owns fields of the Service, as server-side apply sees it.</summary>
    public async Task<IReadOnlyList<string>> FieldManagersAsync(CancellationToken stop)
    {
        var service = (await api.GetAsync($"api/v1/namespaces/{ns}/services/{Service}", stop))!.Value;
        return service.GetProperty("metadata").TryGetProperty("managedFields", out var entries)
            ? [.. entries.EnumerateArray().Select(entry => entry.GetProperty("manager").GetString()!)]
            : [];
    }

    /// <summary>From now on the pod takes <paramref name="milliseconds"/> to answer.</summary>
    public Task SetDelayAsync(string pod, int milliseconds, CancellationToken stop) =>
        ControlPort.SetDelayAsync(_pods[pod].Address, TimeSpan.FromMilliseconds(milliseconds), stop);

    /// <summary>Changes the pod's behaviour by its control port.</summary>
    public Task SetAsync(string pod, string query, CancellationToken stop) => ControlPort.SetAsync(_pods[pod].Address, query, stop);

    /// <summary>Deletes the pod at once, as a node's death does. Without kubectl, whose own start would be part of what is timed.</summary>
    public async Task KillAsync(string pod, CancellationToken stop)
    {
        await api.Client.CoreV1.DeleteNamespacedPodAsync(pod, ns, gracePeriodSeconds: 0, cancellationToken: stop);
        _pods.Remove(pod);
    }

    /// <summary>
    /// A pod that the kubelet asks nothing but whether its control port listens, so that how it answers its Service is its own affair.
    /// </summary>
    public static string PodManifest(string name, TimeSpan delay, int port = 8080) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels: {app: {{Service}}}
        spec:
          terminationGracePeriodSeconds: 1
          automountServiceAccountToken: false
          enableServiceLinks: false
          containers:
            - name: app
              image: aviator-testapp:dev
              imagePullPolicy: Never
              env:
                - {name: DELAY_MS, value: "{{delay.TotalMilliseconds:0}}"}
                - {name: SERVICE_PORT, value: "{{port}}"}
                - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name} } }
              ports: [{name: http, containerPort: {{port}} }]
        """;

    private static bool IsReady(JsonElement pod) =>
        pod.GetProperty("status").TryGetProperty("conditions", out var conditions) &&
        conditions.EnumerateArray().Any(c => c.GetProperty("type").GetString() == "Ready" && c.GetProperty("status").GetString() == "True");
}
