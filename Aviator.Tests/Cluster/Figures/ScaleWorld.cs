using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Aviator.Kubernetes;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>How much there is of everything.</summary>
/// <param name="Pods">Ready pods.</param>
/// <param name="PodsPerService">Pods of each Service; each Service has a policy.</param>
/// <param name="ServicesPerNamespace">Services of each namespace.</param>
internal sealed record ScaleSize(int Pods, int PodsPerService, int ServicesPerNamespace)
{
    /// <summary>Pods of one node.</summary>
    public const int PodsPerNode = 100;

    /// <summary>Number of Services, and of policies.</summary>
    public int Services => Pods / PodsPerService;

    /// <summary>Number of namespaces.</summary>
    public int Namespaces => (Services + ServicesPerNamespace - 1) / ServicesPerNamespace;

    /// <summary>Number of nodes that these pods are on; the cluster's own node is one more.</summary>
    public int Nodes => (Pods + PodsPerNode - 1) / PodsPerNode;
}

/// <summary>
/// Nodes, pods and Services that are objects of a real API server only. Nothing runs in the pods, and no kubelet on the nodes: what a
/// kubelet would write (status, the node's Lease) is written here. Their slices are written by Kubernetes' own controller. kube-proxy is
/// told by a label to leave the Services alone, for it would take the machine that the controller is measured on.
/// </summary>
internal sealed class ScaleWorld : IAsyncDisposable
{
    /// <summary>The port that the pods would listen on.</summary>
    public const int PodPort = 8080;

    private const int WritesAtOnce = 24;
    private const string NodeLabel = "aviator-scale", NodePrefix = "paper-", LeaseNamespace = "kube-node-lease";
    private static readonly TimeSpan SetUp = TimeLimits.Seconds(300), Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> WithoutKubeProxy = new() { ["service.kubernetes.io/service-proxy-name"] = "none" };

    private readonly ClusterApi _api;
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _namespaces = [];
    private Task _heartbeats = Task.CompletedTask;

    private ScaleWorld(ClusterApi api, ScaleSize size) => (_api, Size) = (api, size);

    /// <summary>How much there is.</summary>
    public ScaleSize Size { get; }

    /// <summary>The pods.</summary>
    public IReadOnlyList<PaperPod> Pods { get; private set; } = [];

    private IEnumerable<string> Nodes => Enumerable.Range(0, Size.Nodes).Select(NodeName);

    /// <summary>Makes everything but the policies, and waits until Kubernetes' own slices hold every pod.</summary>
    public static async Task<ScaleWorld> CreateAsync(ClusterApi api, ScaleSize size, CancellationToken stop)
    {
        var world = new ScaleWorld(api, size);
        try
        {
            await RemoveNodesAsync(api, stop);
            await EachAsync(world.Nodes, world.AddNodeAsync, stop);
            world._heartbeats = world.BeatAsync(world._end.Token);
            for (var i = 0; i < size.Namespaces; i++) world._namespaces.Add(await TestNamespace.CreateAsync(api, stop));
            var pods = new ConcurrentBag<PaperPod>();
            await EachAsync(Enumerable.Range(0, size.Pods), async (index, token) => pods.Add(await world.AddPodAsync(index, token)), stop);
            world.Pods = [.. pods.OrderBy(pod => pod.Name, StringComparer.Ordinal)];
            await EachAsync(Enumerable.Range(0, size.Services), world.AddServiceAsync, stop);
            await world.SlicesAreFullAsync(stop);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the policies, one for each Service, with the defaults but for mode and interval.</summary>
    public Task AddPoliciesAsync(CancellationToken stop) => EachAsync(Enumerable.Range(0, Size.Services), async (service, token) =>
    {
        var policy = new Dictionary<string, object>
        {
            ["apiVersion"] = $"{AviatorNames.Group}/{AviatorNames.Version}",
            ["kind"] = "AviatorPolicy",
            ["metadata"] = new { name = ServiceName(service) },
            ["spec"] = new
            {
                targetRef = new { name = ServiceName(service) },
                evaluationInterval = "5s",
                selection = new { mode = "adaptive" },
            },
        };
        await _api.Client.CustomObjects.CreateNamespacedCustomObjectAsync(
            policy, AviatorNames.Group, AviatorNames.Version, NamespaceOf(service), AviatorNames.Plural, cancellationToken: token);
    }, stop);

    /// <summary>Writes a pod's readiness, as its kubelet would.</summary>
    public Task SetReadyAsync(PaperPod pod, bool ready, CancellationToken stop)
    {
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var status = $$$"""
            {"status":{"phase":"Running","podIP":"{{{pod.Address}}}","podIPs":[{"ip":"{{{pod.Address}}}"}],"hostIP":"172.30.0.2",
            "conditions":[{"type":"Ready","status":"{{{(ready ? "True" : "False")}}}","lastTransitionTime":"{{{now}}}"}]}}
            """;
        return _api.Client.CoreV1.PatchNamespacedPodStatusAsync(
            new V1Patch(status, V1Patch.PatchType.MergePatch), pod.Name, pod.Namespace, cancellationToken: stop);
    }

    /// <summary>The path of the own slice that holds a pod.</summary>
    public Task<string> SliceOfAsync(PaperPod pod, CancellationToken stop) =>
        Waiting.ForAsync($"a slice with {pod.Name}", SetUp, async () =>
        {
            foreach (var slice in await _api.ListAsync(SlicesPath(pod.Namespace), stop))
                if (RowsOf(slice).Any(row => row.GetProperty("addresses")[0].GetString() == pod.Address))
                    return $"{SlicesPath(pod.Namespace)}/{NameOf(slice)}";
            return null;
        }, stop);

    /// <summary>Whether a slice says that a pod is ready; null when it does not hold the pod.</summary>
    public async Task<bool?> IsReadyInAsync(string slicePath, PaperPod pod, CancellationToken stop)
    {
        if (await _api.GetAsync(slicePath, stop) is not { } slice) return null;
        foreach (var row in RowsOf(slice))
            if (row.GetProperty("addresses")[0].GetString() == pod.Address)
                return row.GetProperty("conditions").GetProperty("ready").GetBoolean();
        return null;
    }

    /// <summary>Removes everything, and waits until the pods are gone.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await EachAsync(_namespaces, EmptyAsync, CancellationToken.None);
            await EachAsync(_namespaces, async (ns, token) => await TestNamespace.RemoveAsync(_api, ns, token), CancellationToken.None);
        }
        finally
        {
            await _end.CancelAsync();
            await _heartbeats;
            await RemoveNodesAsync(_api, CancellationToken.None);
            _end.Dispose();
        }
    }

    private static string SlicesPath(string ns) => $"apis/discovery.k8s.io/v1beta1/namespaces/{ns}/endpointslices";

    private static JsonElement.ArrayEnumerator RowsOf(JsonElement slice) =>
        slice.TryGetProperty("endpoints", out var rows) && rows.ValueKind == JsonValueKind.Array ? rows.EnumerateArray() : default;

    private static string NodeName(int index) => $"{NodePrefix}{index:d3}";

    private static string ServiceName(int index) => $"s{index:d4}";

    private string NamespaceOf(int service) => _namespaces[service / Size.ServicesPerNamespace];

    private async Task AddNodeAsync(string name, CancellationToken stop)
    {
        var labels = new Dictionary<string, string> { [NodeLabel] = "yes", ["topology.kubernetes.io/zone"] = "a" };
        await _api.Client.CoreV1.CreateNodeAsync(
            new() { Metadata = new() { Name = name, Labels = labels }, Spec = new() { Unschedulable = true } }, cancellationToken: stop);
        var now = DateTime.UtcNow;
        var ready = new V1NodeStatus
        {
            Conditions = [new() { Type = "Ready", Status = "True", Reason = "Paper", LastHeartbeatTime = now, LastTransitionTime = now }],
        };
        await _api.Client.CoreV1.PatchNodeStatusAsync(
            new V1Patch(new V1Node { Status = ready }, V1Patch.PatchType.StrategicMergePatch), name, cancellationToken: stop);
        await _api.Client.CoordinationV1.CreateNamespacedLeaseAsync(
            new() { Metadata = new() { Name = name }, Spec = Held(name) }, LeaseNamespace, cancellationToken: stop);
    }

    private static V1LeaseSpec Held(string node) => new() { HolderIdentity = node, LeaseDurationSeconds = 40, RenewTime = DateTime.UtcNow };

    /// <summary>Without it Kubernetes would call the nodes lost after 40 s, and their pods unready.</summary>
    private async Task BeatAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Heartbeat);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) await EachAsync(Nodes, BeatAsync, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The world ends.
        }
    }

    private async Task BeatAsync(string node, CancellationToken stop)
    {
        try
        {
            await _api.Client.CoordinationV1.PatchNamespacedLeaseAsync(
                new V1Patch(new V1Lease { Spec = Held(node) }, V1Patch.PatchType.MergePatch), node, LeaseNamespace,
                cancellationToken: stop);
        }
        catch (Exception late) when (
            !stop.IsCancellationRequested && late is OperationCanceledException or HttpOperationException or HttpRequestException)
        {
            // As with a kubelet: the next one comes in ten seconds, and a node may miss three.
        }
    }

    private async Task<PaperPod> AddPodAsync(int index, CancellationToken stop)
    {
        var service = index / Size.PodsPerService;
        var (ns, name, node) = (NamespaceOf(service), $"p{index:d5}", NodeName(index % Size.Nodes));
        var pod = new V1Pod
        {
            Metadata = new() { Name = name, Labels = new Dictionary<string, string> { ["app"] = ServiceName(service) } },
            Spec = new()
            {
                NodeName = node,
                AutomountServiceAccountToken = false,
                TerminationGracePeriodSeconds = 0,
                Tolerations = [new() { OperatorProperty = "Exists" }],
                Containers =
                [
                    new() { Name = "app", Image = "paper", Ports = [new() { Name = "http", ContainerPort = PodPort, Protocol = "TCP" }] },
                ],
            },
        };
        // A namespace's default account, which every pod needs, comes a moment after the namespace.
        var made = await Waiting.ForAsync($"pod {name}", TimeLimits.Kubernetes, async () =>
            (V1Pod?)await _api.Client.CoreV1.CreateNamespacedPodAsync(pod, ns, cancellationToken: stop), stop);
        // 100.64.0.0/10 is routed nowhere here.
        var paper = new PaperPod(ns, name, made.Metadata.Uid, $"100.{64 + (index >> 16)}.{(index >> 8) & 255}.{index & 255}", node);
        await SetReadyAsync(paper, true, stop);
        return paper;
    }

    private async Task AddServiceAsync(int index, CancellationToken stop)
    {
        var (name, ns) = (ServiceName(index), NamespaceOf(index));
        var service = new V1Service
        {
            Metadata = new() { Name = name, Labels = WithoutKubeProxy },
            Spec = new()
            {
                Selector = new Dictionary<string, string> { ["app"] = name },
                Ports = [new() { Name = "http", Port = 80, TargetPort = "http", Protocol = "TCP" }],
            },
        };
        await _api.Client.CoreV1.CreateNamespacedServiceAsync(service, ns, cancellationToken: stop);
    }

    private async Task SlicesAreFullAsync(CancellationToken stop)
    {
        var held = 0;
        await Waiting.UntilAsync($"the slices of {Size.Pods} pods", SetUp, async () =>
        {
            held = 0;
            foreach (var ns in _namespaces)
                foreach (var slice in await _api.ListAsync(SlicesPath(ns), stop))
                    held += RowsOf(slice).Count();
            return held == Size.Pods;
        }, stop, () => $"{held} endpoints", TimeSpan.FromSeconds(2));
    }

    /// <summary>A collection of thousands of pods takes longer than one request may.</summary>
    private async Task EmptyAsync(string ns, CancellationToken stop)
    {
        await EachAsync(Pods.Where(pod => pod.Namespace == ns), async (pod, token) =>
        {
            try
            {
                await _api.Client.CoreV1.DeleteNamespacedPodAsync(pod.Name, ns, gracePeriodSeconds: 0, cancellationToken: token);
            }
            catch (HttpOperationException gone) when (gone.Response.StatusCode == HttpStatusCode.NotFound)
            {
                // As wanted.
            }
        }, stop);
    }

    private static async Task RemoveNodesAsync(ClusterApi api, CancellationToken stop)
    {
        foreach (var node in await api.ListAsync($"api/v1/nodes?labelSelector={NodeLabel}", stop))
            await api.Client.CoreV1.DeleteNodeAsync(NameOf(node), cancellationToken: stop);
        foreach (var lease in await api.ListAsync($"apis/coordination.k8s.io/v1/namespaces/{LeaseNamespace}/leases", stop))
            if (NameOf(lease).StartsWith(NodePrefix, StringComparison.Ordinal))
                await api.Client.CoordinationV1.DeleteNamespacedLeaseAsync(NameOf(lease), LeaseNamespace, cancellationToken: stop);
    }

    private static string NameOf(JsonElement item) => item.GetProperty("metadata").GetProperty("name").GetString()!;

    private static Task EachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> action, CancellationToken stop) =>
        Parallel.ForEachAsync(
            items, new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = stop },
            async (item, token) => await action(item, token));
}
