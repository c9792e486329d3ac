using System.Globalization;
using System.Net;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using k8s;
using k8s.Autorest;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>One client in a pod (Aviator.Tests/TestClient).</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Family">4, or 6 for sockets of IPv6 that connect to the v4-mapped address.</param>
/// <param name="Keep">Requests per connection.</param>
internal sealed record PodClient(string Name, int Family, int Keep);

/// <summary>What a client has counted since it began.</summary>
/// <param name="Requests">All.</param>
/// <param name="Failed">Those without a whole answer.</param>
/// <param name="ByPod">Answers by the pod that gave them.</param>
internal sealed record ClientCounts(long Requests, long Failed, IReadOnlyDictionary<string, long> ByPod)
{
    /// <summary>What came after an earlier reading.</summary>
    public ClientCounts Since(ClientCounts before) => new(
        Requests - before.Requests, Failed - before.Failed,
        ByPod.ToDictionary(pod => pod.Key, pod => pod.Value - before.ByPod.GetValueOrDefault(pod.Key)));

    public override string ToString() =>
        $"{Requests} requests, {Failed} failed; {string.Join(", ", ByPod.OrderBy(pod => pod.Key).Select(pod => $"{pod.Key} {pod.Value}"))}";

    /// <summary>A line as "requests=120 failed=0 a=61 b=59".</summary>
    public static ClientCounts Parse(string line)
    {
        var counts = line.Split(' ').Select(part => part.Split('='))
            .ToDictionary(part => part[0], part => long.Parse(part[1], CultureInfo.InvariantCulture));
        return new(counts["requests"], counts["failed"],
            counts.Where(count => count.Key is not ("requests" or "failed")).ToDictionary());
    }
}

/// <summary>Clients that ask a Service from pods of their own: from a pod's control group and network, as a cluster's clients do.</summary>
internal sealed class PodClients(ClusterApi api, string ns, Workload workload)
{
    private const int PeriodMilliseconds = 20;

    /// <summary>Starts them, and waits until each has asked.</summary>
    public async Task StartAsync(IPEndPoint target, IReadOnlyCollection<PodClient> clients, CancellationToken stop)
    {
        await workload.ApplyAsync(string.Join("\n---\n", clients.Select(client => Manifest(client, target))), stop);
        foreach (var client in clients)
            await Waiting.UntilAsync($"{client.Name} to ask", TimeLimits.Seconds(90),
                async () => await ReadAsync(client, stop) is { Requests: > 0 }, stop);
    }

    /// <summary>What a client has counted; null while it has printed nothing. A second old at most.</summary>
    public async Task<ClientCounts?> ReadAsync(PodClient client, CancellationToken stop)
    {
        try
        {
            await using var log = await api.Client.CoreV1.ReadNamespacedPodLogAsync(client.Name, ns, tailLines: 1, cancellationToken: stop);
            using var reader = new StreamReader(log);
            // A line that is written while the last one is looked for comes as well.
            var line = (await reader.ReadToEndAsync(stop)).Trim().Split('\n')[^1];
            return line.StartsWith("requests=", StringComparison.Ordinal) ? ClientCounts.Parse(line) : null;
        }
        catch (HttpOperationException) // its container has not started
        {
            return null;
        }
    }

    private static string Manifest(PodClient client, IPEndPoint target) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{client.Name}}
        spec:
          terminationGracePeriodSeconds: 1
          automountServiceAccountToken: false
          enableServiceLinks: false
          containers:
            - name: client
              image: aviator-testclient:dev
              imagePullPolicy: Never
              args: ["{{target.Address}}", "{{target.Port}}", "{{client.Family}}", "{{client.Keep}}", "{{PeriodMilliseconds}}"]
        """;
}
