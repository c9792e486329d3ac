using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>An endpoint's row of one report.</summary>
internal sealed record SnapshotRow(EndpointReport Report, CumulativeCounters Traffic, CumulativeCounters Probe)
{
    /// <summary>
    /// Since when, by the time of measuring, the counters of traffic have only grown: any window from then on belongs together.
    /// </summary>
    public required TimeSpan GrowsSince { get; init; }

    /// <summary>Since when they have not changed at all.</summary>
    public required TimeSpan SameSince { get; init; }

    /// <summary>
    /// The row of a report. What has not changed since the row before it is kept once: names always, and most of an idle endpoint's.
    /// </summary>
    /// <param name="report">The row as it came.</param>
    /// <param name="measuredAt">When it was measured.</param>
    /// <param name="before">The same endpoint's row of the report before; null when it had none.</param>
    public static SnapshotRow Of(EndpointReport report, TimeSpan measuredAt, SnapshotRow? before)
    {
        if (before is null)
        {
            var (first, probed) = (CumulativeCounters.Of(report.Traffic), CumulativeCounters.Of(report.Probe));
            return new(report, first, probed) { GrowsSince = measuredAt, SameSince = measuredAt };
        }

        var traffic = Shared(report.Traffic, before.Report.Traffic);
        var probe = Shared(report.Probe, before.Report.Probe);
        var same = ReferenceEquals(traffic, before.Report.Traffic);
        var counters = same ? before.Traffic : CumulativeCounters.Of(traffic);
        var kept = report with
        {
            Address = Shared(report.Address, before.Report.Address),
            PodUid = Shared(report.PodUid, before.Report.PodUid),
            Namespace = Shared(report.Namespace, before.Report.Namespace),
            Pod = Shared(report.Pod, before.Report.Pod),
            Traffic = traffic,
            Probe = probe,
        };
        return new(kept, counters, CumulativeCounters.Of(probe))
        {
            GrowsSince = same || counters.Continues(before.Traffic) ? before.GrowsSince : measuredAt,
            SameSince = same ? before.SameSince : measuredAt,
        };
    }

    /// <summary>What is in flight.</summary>
    public RowLoad Load => new(Report.Rif, Math.Clamp(Report.AnswersUnderWay, 0, Math.Max(0, Report.Rif)), Report.Engine);

    private static string Shared(string name, string before) => name == before ? before : name;

    private static EndpointCounters Shared(EndpointCounters traffic, EndpointCounters before)
    {
        var same = traffic with
        {
            Latency = traffic.Latency.SharedWith(before.Latency),
            Abandoned = traffic.Abandoned.SharedWith(before.Abandoned),
        };
        return same == before ? before : same;
    }

    private static ProbeReport? Shared(ProbeReport? probe, ProbeReport? before) =>
        probe is null || before is null ? probe : probe with { Latency = probe.Latency.SharedWith(before.Latency) };
}

/// <summary>
/// When a node's report was made and came, on the controller's monotonic clock; what it says is in <see cref="EndpointRows"/>.
/// </summary>
/// <param name="Sequence">The agent's number of it.</param>
/// <param name="MeasuredAt">When the agent read its counters: arrival less the age that it gave.</param>
/// <param name="ArrivedAt">When it came.</param>
internal sealed record Snapshot(long Sequence, TimeSpan MeasuredAt, TimeSpan ArrivedAt);

/// <summary>What a row is found by: the pod's UID, or its address where an agent does not know UIDs.</summary>
internal readonly record struct RowKey(string Pod, int Port)
{
    /// <summary>The key of a report's row.</summary>
    public static RowKey Of(EndpointReport report) => new(report.PodUid.Length > 0 ? report.PodUid : report.Address, report.Port);
}
