using Aviator.Controller.Collection;
using Aviator.Core.Measurement;

namespace Aviator.Benchmarks;

/// <summary>
/// Nodes that report once per second. Each endpoint is busy for ten seconds, and then every second one gets nothing any more where there
/// are to be idle ones.
/// </summary>
internal sealed class GrowingTraffic(int nodes, int endpoints, bool idleEndpoints = true)
{
    private const int BusySeconds = 10, AnswersPerSecond = 20;

    private readonly Random _random = new(1);
    private readonly LatencyHistogram[] _counted = [.. Enumerable.Repeat(LatencyHistogram.Empty, endpoints)];

    /// <summary>The endpoints as a controller knows them, in the order of their keys.</summary>
    public IReadOnlyList<MeasuredEndpoint> Members { get; } = [.. Enumerable.Range(0, endpoints)
        .Select(index => new MeasuredEndpoint(Key(index), Key(index), Address(index), 8080, Node(index % nodes)))];

    /// <summary>The nodes' reports of one second, the first of which is 1.</summary>
    public IEnumerable<NodeReport> Reports(int second)
    {
        for (var i = 0; i < endpoints; i++)
        {
            if (idleEndpoints && second > BusySeconds && i / nodes % 2 == 1) continue;
            _counted[i] = _counted[i].Merge(Workload.Latencies(_random, median: 10, AnswersPerSecond));
        }

        return Enumerable.Range(0, nodes).Select(node => new NodeReport
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = Node(node),
            Epoch = "5f0c8a52-0d0b-4d55-9f3e-0a4f8f6c7b11",
            Sequence = second,
            AgeSeconds = 0.1,
            SubWindowSeconds = 1,
            Source = LatencySource.Ebpf,
            SourceDetail = "tp_btf/tcp_probe+cgroup_skb/egress",
            Endpoints = [.. Enumerable.Range(0, endpoints).Where(index => index % nodes == node).Select(Row)],
        });
    }

    private EndpointReport Row(int index) => new()
    {
        Address = Address(index),
        Port = 8080,
        PodUid = Key(index),
        Namespace = "shop",
        Pod = Key(index),
        Traffic = new()
        {
            // Read from the wire, each report has a histogram of its own.
            Latency = LatencyHistogram.Sum([_counted[index]]),
            Requests = _counted[index].Count,
            Statuses = new(_counted[index].Count, 0, 0, 0),
        },
        Rif = 0,
        OldestInFlightSeconds = 0,
        Recent = new() { Seconds = 10, Count = 0, Errors = 0 },
    };

    private static string Key(int index) => $"pod-{index:d6}";

    private static string Node(int node) => $"node-{node}";

    private static string Address(int index) => $"10.{index >> 16}.{(index >> 8) & 255}.{index & 255}";
}
