using Aviator.Core.Measurement;
using Aviator.Redis;

namespace Aviator.Controller.Collection;

/// <summary>
/// Reads the reports of all nodes from Redis, all in one round trip. The moment a read fails, or a node's report is missing, old or
/// unreadable, that node is no longer covered and its agent is asked instead.
/// </summary>
/// <param name="store">The reports in Redis.</param>
/// <param name="health">The state of Redis as users see it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a line when a node's report becomes unusable, and when it is usable again.</param>
internal sealed partial class RedisReports(
    NodeReportStore store, RedisHealth health, TimeProvider time, ILogger<RedisReports> logger) : ISharedReports
{
    /// <summary>Name under which unreadable reports are counted as a fault.</summary>
    private const string Content = "node.content";

    /// <summary>
    /// Bounds of the time between two reads: agents have something new once a second, and a report must not look stale for want of reading.
    /// </summary>
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(2);

    /// <summary>A report older than this, or than three sub-windows, comes from an agent that no longer writes: better ask it.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2.5);

    private readonly Dictionary<string, string> _unusable = new(StringComparer.Ordinal);
    private volatile HashSet<string> _covered = [];

    /// <inheritdoc/>
    public string? Fault => health.Fault;

    /// <inheritdoc/>
    public bool Covers(string node) => _covered.Contains(node);

    /// <inheritdoc/>
    public async Task RunAsync(Action<NodeReport> sink, Func<TimeSpan> shortestInterval, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await ReadAsync(sink, cancellationToken);
                await Task.Delay(Period(shortestInterval()), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    /// <summary>Reads once; half the shortest evaluation interval is the pace.</summary>
    internal async Task ReadAsync(Action<NodeReport> sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredNode> nodes;
        try
        {
            nodes = await store.ReadAllAsync(cancellationToken);
        }
        catch (RedisUnavailableException)
        {
            // The link has counted and logged it, and health reports it; from here on the agents are asked.
            _covered = [];
            return;
        }

        var covered = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (node.Report is not { } report || report.AgeSeconds > Math.Max(Fresh.TotalSeconds, 3 * report.SubWindowSeconds)) continue;
            sink(report);
            covered.Add(node.Node);
        }

        _covered = covered;
        NoteUnusable(nodes);
    }

    private static TimeSpan Period(TimeSpan shortestInterval) =>
        TimeSpan.FromTicks(Math.Clamp(shortestInterval.Ticks / 2, ShortestPeriod.Ticks, LongestPeriod.Ticks));

    private void NoteUnusable(IReadOnlyList<StoredNode> nodes)
    {
        var unusable = nodes.Where(node => node.Report is null).OrderBy(node => node.Node, StringComparer.Ordinal).ToList();
        foreach (var node in unusable.Where(node => _unusable.GetValueOrDefault(node.Node) != node.Fault))
            LogUnusable(node.Node, _unusable[node.Node] = node.Fault);
        foreach (var gone in _unusable.Keys.Except(unusable.Select(node => node.Node)).ToList())
        {
            _unusable.Remove(gone);
            LogUsable(gone);
        }

        if (unusable is [var first, ..])
            health.Failed(Content, $"Redis holds reports that cannot be used, that of node {first.Node} among them: {first.Fault}");
        else
            health.Succeeded(Content);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot use the report of node {Node} in Redis, asking its agent instead: {Reason}")]
    private partial void LogUnusable(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The report of node {Node} in Redis is readable again")]
    private partial void LogUsable(string node);
}
