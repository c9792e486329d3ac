using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>Puts the verdicts into the words and numbers of the decision and of the status.</summary>
internal static class Report
{
    /// <summary>The outcome of an evaluation.</summary>
    public static PolicyOutcome Compose(Context context, PolicyState next, ConditionVerdict degraded)
    {
        var ranked = context.Subjects.Count(subject => subject.Ranked);
        var verdicts = context.Subjects.ToDictionary(subject => subject.Key, subject => Verdict(context, subject, ranked), StringComparer.Ordinal);
        var active = context.Subjects.Where(subject => verdicts[subject.Key].Weight > 0).ToList();
        var merged = active.Aggregate(LatencyHistogram.Empty, (sum, subject) => sum.Merge((subject.Glimpse?.Latency) ?? subject.Seen.Window.Latency));
        var (measured, unmeasured) = (context.Subjects.Sum(subject => subject.Seen.Window.Latency.Count), context.Subjects.Sum(subject => subject.Seen.Window.Unmeasured));
        var summary = new PolicySummary
        {
            Total = context.Subjects.Count,
            Active = active.Count,
            Ejected = context.Subjects.Count(subject => subject.Ejected),
            Average = Mean(merged),
            P99 = merged.Quantile(0.99),
            Coverage = measured + unmeasured == 0 ? null : (double)measured / (measured + unmeasured),
            Degraded = degraded,
            InsufficientTraffic = Traffic(context, next.BlindSince is not null),
            Rows = context.Subjects.Select(subject => Row(subject, verdicts[subject.Key]))
                .OrderByDescending(row => row.State == EndpointState.Ejected)
                .ThenByDescending(row => row.P99 ?? TimeSpan.Zero)
                .ThenBy(row => row.Name, StringComparer.Ordinal).ThenBy(row => row.Key, StringComparer.Ordinal).ToList(),
        };
        return new PolicyOutcome(new Decision(verdicts), next, summary);
    }

    private static EndpointDecision Verdict(Context context, Subject subject, int ranked)
    {
        var used = subject.Record.Admitted || subject.Forced;
        return new EndpointDecision(subject.Key, used ? 1 : 0, State(context, subject), subject.Reason.Length > 0 ? subject.Reason : Reason(context, subject, ranked))
        {
            Breaker = BreakerMark.Of(subject.Record.Breaker),
        };
    }

    private static EndpointState State(Context context, Subject subject)
    {
        if (subject.OnTrial) return EndpointState.Trial;
        if (subject.Ejected) return EndpointState.Ejected;
        if (subject.Record.Admitted) return subject.Record.Measured ? EndpointState.Selected : EndpointState.New;
        if (subject.Forced) return EndpointState.Selected;
        return subject.Seen.Fresh.Latency.Count > 0 || subject.Seen.Rif > 0 || context.Settings.Source == LatencySource.Probe ? EndpointState.Unselected : EndpointState.Dormant;
    }

    private static string Reason(Context context, Subject subject, int ranked)
    {
        var record = subject.Record;
        if (subject.OnTrial) return $"trial: {(subject.Glimpse is { Count: > 0 } so ? $"{so.Count} samples so far" : "no samples yet")}";
        if (record.Breaker.Phase == BreakerPhase.Open) return $"ejected: p99 {Remembered(record)}, limit {Text.Of(context.Settings.Breaker.P99Threshold)}";
        if (record.Breaker.Phase == BreakerPhase.HalfOpen) return "ejected: waits for good probes and a trial";
        if (!record.Admitted)
            return record.Verdict is null ? "unselected: as found in place, nothing measured yet" : $"unselected: p99 {Remembered(record)} when last measured";
        if (subject.Evidence is null) return $"kept: {(record.Measured ? "" : "new, ")}{subject.WithoutEvidence}";
        if (subject.ClearlyWorse) return $"selected: slower than the boundary ({Text.P99(subject.Evidence)}), {Math.Min(record.Persisted, context.Persistence)} of {context.Persistence} evaluations";
        return $"selected: rank {subject.Rank} of {ranked}";
    }

    private static string Remembered(EndpointRecord record) => record.Verdict is { } verdict ? Text.Of(verdict.P99) : "unknown";

    private static ConditionVerdict Traffic(Context context, bool blind)
    {
        if (blind) return new(false, "NotKnown", "Most endpoints' nodes do not report.");
        var part = context.Subjects.Where(subject => subject.Record.Admitted).ToList();
        var unknown = part.Count(subject => subject.Evidence is null);
        var settings = context.Settings.Measurement;
        if (part.Count(subject => subject.Unmeasurable) * 2 > part.Count)
            return new(true, "Unmeasurable", $"Most traffic of {part.Count(subject => subject.Unmeasurable)} of {part.Count} endpoints in service cannot be measured (HTTP/2 or an unknown protocol): they stay as they are.");
        return part.Count > 0 && unknown * 2 > part.Count
            ? new(true, "TooFewSamples", $"{unknown} of {part.Count} endpoints in service have fewer than {settings.MinSamples} samples in {GoDuration.Format(settings.MaxWindow)}: they stay as they are.")
            : new(false, "EnoughSamples", $"{part.Count - unknown} of {part.Count} endpoints in service have samples enough to be ranked.");
    }

    private static EndpointRow Row(Subject subject, EndpointDecision verdict)
    {
        var known = subject.Evidence ?? (subject.Glimpse is { Count: > 0 } glimpse ? glimpse : null);
        var remembered = subject.Record.Verdict;
        return new EndpointRow(subject.Key, subject.Seen.Name, subject.Seen.Address, known?.P50 ?? remembered?.P50, known?.P99 ?? remembered?.P99,
            known?.Count ?? remembered?.Samples ?? 0, subject.Seen.Rif, verdict.State, verdict.Weight > 0, verdict.Reason);
    }

    private static TimeSpan? Mean(LatencyHistogram latency)
    {
        if (latency.Count == 0) return null;
        var sum = 0.0;
        for (var i = 0; i < HistogramLayout.BucketCount; i++)
            sum += latency.Counts[i] * ((HistogramLayout.LowerBound(i) + HistogramLayout.UpperBound(i)) / 2.0);
        return TimeSpan.FromTicks((long)(sum / latency.Count / TimeSpan.NanosecondsPerTick));
    }
}
