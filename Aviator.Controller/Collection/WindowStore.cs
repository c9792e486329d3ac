using System.Diagnostics.CodeAnalysis;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>
/// Keeps the nodes' reports and cuts each policy's windows out of them as differences of cumulative counters. All times are the
/// controller's monotonic ones; of the agents only ages cross. Bounded in every direction, and safe for several threads.
/// </summary>
public sealed class WindowStore
{
    /// <summary>A node that has not reported for so long is forgotten.</summary>
    public static readonly TimeSpan ForgetNode = TimeSpan.FromMinutes(10);

    /// <summary>Requests in flight change from one moment to the next: a figure older than this says nothing.</summary>
    private static readonly TimeSpan RecentInFlight = TimeSpan.FromSeconds(10);

    /// <summary>How far back the report lies that tells a pile of requests from a pause, which leaves many at one report alone.</summary>
    private static readonly TimeSpan MomentBefore = TimeSpan.FromSeconds(0.5);

    /// <summary>An endpoint that fails so much of what it got in the last <see cref="FailingSpan"/> has room for no more.</summary>
    private const double FailsMuch = 0.1;

    private static readonly TimeSpan FailingSpan = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeReporter> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Reason, TimeSpan At)> _refused = new(StringComparer.Ordinal);
    private TimeSpan _retention = TimeSpan.FromSeconds(75);

    /// <summary>
    /// Takes a report in. One that is not newer than the last of its node and epoch changes nothing; one of another epoch starts over.
    /// </summary>
    /// <param name="report">The report.</param>
    /// <param name="arrivedAt">When it came, on the monotonic clock that evaluations use.</param>
    /// <returns>Why it was refused; null when it was accepted.</returns>
    public string? Accept(NodeReport report, TimeSpan arrivedAt)
    {
        lock (_lock)
        {
            Forget(arrivedAt);
            if ((Fault(report) ?? Reporter(report).Accept(report, arrivedAt, _retention)) is { } fault)
            {
                _refused[report.Node] = (fault, arrivedAt);
                return fault;
            }

            _refused.Remove(report.Node);
            return null;
        }
    }

    /// <summary>
    /// What is known now of each member, ready for <see cref="PolicyDecision.Decide"/> at the same <paramref name="now"/>.
    /// </summary>
    public IReadOnlyList<EndpointObservation> Observe(
        PolicySettings settings, IReadOnlyCollection<MeasuredEndpoint> members, PolicyState state, TimeSpan now)
    {
        lock (_lock)
        {
            var needed = settings.Measurement.MaxWindow * 1.25;
            if (needed > _retention) _retention = needed;
            Forget(now);
            return Seen(settings, members, state, now);
        }
    }

    /// <summary>The same for a policy that is not in force: nothing is kept for longer on its account.</summary>
    /// <inheritdoc cref="Observe(PolicySettings, IReadOnlyCollection{MeasuredEndpoint}, PolicyState, TimeSpan)"/>
    public IReadOnlyList<EndpointObservation> Glance(
        PolicySettings settings, IReadOnlyCollection<MeasuredEndpoint> members, PolicyState state, TimeSpan now)
    {
        lock (_lock) return Seen(settings, members, state, now);
    }

    /// <summary>
    /// The source that can really be used for the members: eBPF when it is asked for and at least one member's node measures by it.
    /// Endpoints of nodes that do not are then without samples and stay as they are: probes never compete with traffic.
    /// </summary>
    public LatencySource SourceInUse(LatencySource asked, IReadOnlyCollection<MeasuredEndpoint> members)
    {
        if (asked == LatencySource.Probe) return asked;
        lock (_lock)
        {
            var sources = members.Select(RingOf).OfType<NodeRing>().Select(ring => ring.Source).ToList();
            return sources.Count == 0 || sources.Contains(LatencySource.Ebpf) ? LatencySource.Ebpf : LatencySource.Probe;
        }
    }

    /// <summary>
    /// Requests in flight at an endpoint when its node last reported; null when the node counts none, or its last report is old; and for an
    /// endpoint that fails much: what fails at once is soon gone, and few in flight must not look like room for more.
    /// </summary>
    /// <param name="member">The endpoint.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="withQueue">
    /// Whether to count what waits in its inference engine where the kernel does not see it wait: many engines send the head of a streamed
    /// answer before they begin with the request, and by then it is answered. The figure is null where the queue is not known.
    /// </param>
    public int? InFlight(MeasuredEndpoint member, TimeSpan now, bool withQueue = false)
    {
        lock (_lock)
        {
            if (RingOf(member) is not { Source: LatencySource.Ebpf, Newest: { } newest } ring || now - newest.MeasuredAt > RecentInFlight)
                return null;
            if (!TryRow(ring, member, out var key, out var row) || ring.FailureShare(key, FailingSpan) >= FailsMuch) return null;
            if (!withQueue) return (int)Math.Clamp(row.Report.Rif, 0, int.MaxValue);
            return EngineSamples.Newest(newest, row.Load, now) is { } engine
                ? (int)Math.Min(EngineSamples.InFlight(row.Load, engine), int.MaxValue)
                : null;
        }
    }

    /// <summary>
    /// What an endpoint answered of late, in short spans; null when its node counts no requests, or its last report is old.
    /// </summary>
    /// <param name="member">The endpoint.</param>
    /// <param name="window">How far back; as far as reports are kept for the policies' windows.</param>
    /// <param name="parts">Spans at most.</param>
    /// <param name="now">Monotonic time.</param>
    public EndpointSpans? Spans(MeasuredEndpoint member, TimeSpan window, int parts, TimeSpan now)
    {
        lock (_lock)
        {
            if (RingOf(member) is not { Source: LatencySource.Ebpf, Newest: { } newest } ring || now - newest.MeasuredAt > RecentInFlight)
                return null;
            if (!TryRow(ring, member, out var key, out var row)) return EndpointSpans.None;
            return new(
                ring.Spans(key, window, parts), row.Load.Waiting,
                TimeSpan.FromSeconds(Math.Clamp(row.Report.OldestInFlightSeconds, 0, 86_400)));
        }
    }

    /// <summary>Why the node's last report was refused; null when it was not.</summary>
    public string? Refusal(string node)
    {
        lock (_lock) return _refused.TryGetValue(node, out var refusal) ? refusal.Reason : null;
    }

    /// <summary>The nodes whose reports are held, by name.</summary>
    /// <param name="now">Monotonic time.</param>
    internal IReadOnlyList<NodeSight> Nodes(TimeSpan now)
    {
        lock (_lock)
        {
            return [.. from entry in _nodes
                       let ring = entry.Value.Ring
                       where ring.Newest is not null
                       orderby entry.Key
                       select NodeSight.Of(entry.Key, ring, ring.Newest!, now)];
        }
    }

    private List<EndpointObservation> Seen(
        PolicySettings settings, IReadOnlyCollection<MeasuredEndpoint> members, PolicyState state, TimeSpan now) =>
        members.Select(member => Observe(settings, member, state, now)).ToList();

    private NodeReporter Reporter(NodeReport report)
    {
        if (!_nodes.TryGetValue(report.Node, out var reporter)) _nodes[report.Node] = reporter = new(report.Node, report.Epoch);
        return reporter;
    }

    private static string? Fault(NodeReport report)
    {
        if (report.FormatVersion != NodeReport.CurrentFormatVersion)
        {
            return $"node {report.Node} reports in format {report.FormatVersion}, this controller reads format " +
                $"{NodeReport.CurrentFormatVersion}: bring agent and controller to the same version";
        }

        var impossible = report.AgeSeconds < 0 || !double.IsFinite(report.AgeSeconds);
        return impossible ? $"node {report.Node} reports an age of {report.AgeSeconds} s" : null;
    }

    private EndpointObservation Observe(PolicySettings settings, MeasuredEndpoint member, PolicyState state, TimeSpan now)
    {
        var blank = new EndpointObservation
        {
            Key = member.Key,
            Name = member.Name,
            Address = member.Address,
            Node = member.Node,
            Domain = member.Domain,
            Canary = member.Canary,
            Age = member.Age,
            Report = ReportFreshness.Missing,
            Obstacle = member.Obstacle == MeasuringObstacle.HostNetwork ? member.Obstacle : MeasuringObstacle.None,
        };
        if (RingOf(member) is not { Newest: { } newest } ring) return blank;

        var age = now - newest.MeasuredAt;
        var freshness = age > StaleAfter(settings, ring.SubWindow) ? ReportFreshness.Stale : ReportFreshness.Fresh;
        var seen = blank with { ReportAge = age, Report = freshness, CountsTraffic = ring.Source == LatencySource.Ebpf };
        if (!TryRow(ring, member, out var key, out var row)) return seen;

        var (probe, from) = (settings.Source == LatencySource.Probe, state.EvidenceFrom(member.Key));
        var earliest = Later(from, newest.MeasuredAt - settings.Measurement.MaxWindow);
        var window = ring.Grow(key, settings.Measurement.Window, settings.Measurement.MinSamples, earliest, probe);
        return seen with
        {
            Window = window,
            Obstacle = probe || IsSeen(row.Report, window) ? seen.Obstacle : member.Obstacle,
            Fresh = ring.Fresh(key, state.LastEvaluation ?? TimeSpan.MinValue, from, probe),
            Silence = probe ? MeasuredWindow.Empty : ring.Silence(key, state.LastEvaluation ?? TimeSpan.MinValue, from),
            Rif = probe ? 0 : row.Report.Rif,
            RifBefore = probe ? null : ring.LoadBefore(key, MomentBefore)?.Rif,
            AnswersUnderWay = probe ? 0 : row.Load.AnswersUnderWay,
            OldestInFlight = probe ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Clamp(row.Report.OldestInFlightSeconds, 0, 86_400)),
            Probe = row.Report.Probe is { } probed ? Probes(probed, age, ring.ProbesSince(key, from)) : ProbeObservation.None,
            Engine = settings.Engine is null || probe
                ? null
                : EngineSamples.Observe(
                    ring.Loads(key, Later(from, newest.MeasuredAt - settings.Measurement.Window)), state.LastEvaluation, now),
        };
    }

    /// <summary>
    /// Whether the node's kernel sees the pod's connections, whatever its runtime class: gVisor may be set to use the host's sockets.
    /// </summary>
    private static bool IsSeen(EndpointReport report, MeasuredWindow window) =>
        report.Rif + window.Latency.Count + window.Unmeasured + window.Abandoned.Count > 0;

    /// <summary>
    /// A report is stale after three intervals or three sub-windows, whichever is longer; those of less than a second count as one: a busy
    /// machine's pause is no silence.
    /// </summary>
    private static TimeSpan StaleAfter(PolicySettings settings, TimeSpan subWindow) =>
        Later(Later(settings.EvaluationInterval, subWindow), ShortestRound) * 3;

    private static ProbeObservation Probes(ProbeReport probe, TimeSpan age, long count) => new(
        probe.RecentSeconds.Take((int)Math.Min(count, int.MaxValue))
            .Select(seconds => seconds is { } value ? TimeSpan.FromSeconds(Math.Clamp(value, 0, 86_400)) : (TimeSpan?)null).ToList(),
        TimeSpan.FromSeconds(Math.Clamp(probe.AgeSeconds, 0, 86_400)) + age);

    private static bool TryRow(NodeRing ring, MeasuredEndpoint member, out RowKey key, [NotNullWhen(true)] out SnapshotRow? row)
    {
        key = new RowKey(member.Key, member.Port);
        if ((row = ring.NewestRow(key)) is not null) return true;
        key = new RowKey(member.Address, member.Port);
        return (row = ring.NewestRow(key)) is not null;
    }

    private NodeRing? RingOf(MeasuredEndpoint member)
    {
        if (member.Node is { } node) return _nodes.GetValueOrDefault(node)?.Ring;
        foreach (var ring in _nodes.Values.Select(reporter => reporter.Ring))
            if (TryRow(ring, member, out _, out _))
                return ring;
        return null;
    }

    private void Forget(TimeSpan now)
    {
        var silent = _nodes.Where(pair => pair.Value.Ring.Newest is not { } last || now - last.ArrivedAt > ForgetNode);
        foreach (var (node, _) in silent.ToList())
            _nodes.Remove(node);
        foreach (var (node, _) in _refused.Where(pair => now - pair.Value.At > ForgetNode).ToList()) _refused.Remove(node);
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
