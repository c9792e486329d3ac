using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>One endpoint's cumulative counters at one moment.</summary>
internal sealed record CumulativeCounters(LatencyHistogram Latency, long Failures, long Unmeasured)
{
    private LatencyHistogram Abandoned { get; init; } = LatencyHistogram.Empty;

    private StatusCounts Statuses { get; init; }

    private long ServerErrors { get; init; }

    /// <summary>Before an endpoint was first counted.</summary>
    public static CumulativeCounters Zero { get; } = new(LatencyHistogram.Empty, 0, 0);

    /// <summary>Of real traffic.</summary>
    public static CumulativeCounters Of(EndpointCounters traffic) =>
        new(traffic.Latency, traffic.Failures, traffic.Unmeasured)
        {
            Abandoned = traffic.Abandoned,
            Statuses = traffic.Statuses,
            ServerErrors = traffic.ServerErrors,
        };

    /// <summary>Of probes.</summary>
    public static CumulativeCounters Of(ProbeReport? probe) =>
        probe is null ? Zero : new(probe.Latency, probe.Failures, 0);

    /// <summary>Whether no counter is lower than in <paramref name="earlier"/>.</summary>
    public bool Continues(CumulativeCounters earlier) => Since(earlier, TimeSpan.Zero, failuresApart: false) is not null;

    /// <summary>
    /// The window since <paramref name="earlier"/>; null when a counter went down, so that the two are not of one growing row.
    /// </summary>
    /// <param name="earlier">The counters at the window's beginning.</param>
    /// <param name="duration">The window's length.</param>
    /// <param name="failuresApart">
    /// Failures are not among the samples (probes): they are added, as samples that the failure count then takes back.
    /// </param>
    public MeasuredWindow? Since(CumulativeCounters earlier, TimeSpan duration, bool failuresApart)
    {
        var (failures, unmeasured) = (Failures - earlier.Failures, Unmeasured - earlier.Unmeasured);
        var (statuses, serverErrors) = (Statuses - earlier.Statuses, ServerErrors - earlier.ServerErrors);
        if (failures < 0 || unmeasured < 0 || serverErrors < 0 || statuses.AnyNegative
            || Latency.Since(earlier.Latency) is not { } latency || Abandoned.Since(earlier.Abandoned) is not { } abandoned)
            return null;
        if (failuresApart) latency = latency.Merge(LatencyHistogram.Repeat(TimeSpan.Zero, failures));
        return new MeasuredWindow(latency, failures, unmeasured, duration)
        {
            Abandoned = abandoned,
            Statuses = statuses,
            ServerErrors = serverErrors,
            WithoutStatus = failuresApart ? 0 : Math.Max(0, latency.Count - failures - statuses.Sum),
        };
    }
}

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

    /// <summary>Requests in flight whose answer is under way; never more than are in flight.</summary>
    public long AnswersUnderWay => Math.Clamp(Report.AnswersUnderWay, 0, Math.Max(0, Report.Rif));

    /// <summary>Requests in flight without an answer.</summary>
    public long Waiting => Report.Rif - AnswersUnderWay;

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
/// A node's report as it is kept: cumulative counters and the moment they were read, on the controller's monotonic clock.
/// </summary>
/// <param name="Sequence">The agent's number of it.</param>
/// <param name="MeasuredAt">When the agent read its counters: arrival less the age that it gave.</param>
/// <param name="ArrivedAt">When it came.</param>
/// <param name="Rows">Its endpoints, by pod and port.</param>
internal sealed record Snapshot(long Sequence, TimeSpan MeasuredAt, TimeSpan ArrivedAt, IReadOnlyDictionary<RowKey, SnapshotRow> Rows);

/// <summary>What a row is found by: the pod's UID, or its address where an agent does not know UIDs.</summary>
internal readonly record struct RowKey(string Pod, int Port)
{
    /// <summary>The key of a report's row.</summary>
    public static RowKey Of(EndpointReport report) => new(report.PodUid.Length > 0 ? report.PodUid : report.Address, report.Port);
}
