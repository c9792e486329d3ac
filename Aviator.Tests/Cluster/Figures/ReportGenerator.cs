using System.Diagnostics;
using Aviator.Agent.Http;
using Aviator.Core.Measurement;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>
/// The agents of many nodes in one process: <c>GET /NODE/latencies</c> answers that node's report, in the agent's own format, with counters
/// that were made up. Each node is read once a second, as by an agent.
/// </summary>
internal sealed class ReportGenerator : IAsyncDisposable
{
    /// <summary>The counters of pods that have run for a day.</summary>
    private const long FirstSequence = 86_400;

    private static readonly WindowSummary NoSummary = new() { Seconds = 10, Count = 0, Errors = 0 };

    private readonly WebApplication _server;
    private readonly string _epoch = Guid.NewGuid().ToString("N");
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, (PaperPod Pod, SteadyTraffic Traffic)[]> _nodes;

    private ReportGenerator(IEnumerable<PaperPod> pods)
    {
        _nodes = pods.Select((pod, index) => (Pod: pod, Traffic: new SteadyTraffic(index))).GroupBy(entry => entry.Pod.Node)
            .ToDictionary(node => node.Key, node => node.ToArray());
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.MapGet("/{node}/latencies", (string node, HttpContext context) =>
            _nodes.ContainsKey(node) ? ReportAnswer.WriteAsync(context, Report(node)) : Results.NotFound().ExecuteAsync(context));
    }

    /// <summary>The value of <c>Aviator:Agents</c> that has a controller ask all of them.</summary>
    public string Agents => string.Join(',', _nodes.Keys.Select(node => $"{_server.Urls.First()}/{node}/"));

    /// <summary>The nodes' names.</summary>
    public IReadOnlyCollection<string> Nodes => _nodes.Keys;

    /// <summary>Begins to count, and to answer.</summary>
    public static async Task<ReportGenerator> StartAsync(IEnumerable<PaperPod> pods, CancellationToken stop)
    {
        var generator = new ReportGenerator(pods);
        await generator._server.StartAsync(stop);
        return generator;
    }

    /// <summary>A node's report of this moment.</summary>
    public NodeReport Report(string node)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        var sequence = FirstSequence + (long)elapsed.TotalSeconds;
        return new()
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = node,
            Epoch = _epoch,
            Sequence = sequence,
            AgeSeconds = elapsed.TotalSeconds - Math.Floor(elapsed.TotalSeconds),
            SubWindowSeconds = 1,
            Source = LatencySource.Ebpf,
            SourceDetail = "made up",
            Endpoints = [.. _nodes[node].Select(entry => Row(entry.Pod, entry.Traffic.After(sequence)))],
        };
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static EndpointReport Row(PaperPod pod, EndpointCounters traffic) => new()
    {
        Address = pod.Address,
        Port = ScaleWorld.PodPort,
        PodUid = pod.Uid,
        Namespace = pod.Namespace,
        Pod = pod.Name,
        Traffic = traffic,
        Rif = 0,
        OldestInFlightSeconds = 0,
        NetworkRttSeconds = 0.0002,
        Recent = NoSummary,
    };
}
