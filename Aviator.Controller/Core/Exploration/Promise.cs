namespace Aviator.Controller.Core;

/// <summary>Whether an endpoint without traffic would be worth a trial: is there something to gain, and does anything say so?</summary>
internal static class Promise
{
    /// <summary>A remembered verdict older than this speaks against a trial, but no more for one.</summary>
    private static readonly TimeSpan Memorable = TimeSpan.FromMinutes(10);

    /// <summary>Among endpoints that are equal to each other only one so much faster is worth a trial.</summary>
    private const double FarFaster = 2;

    /// <summary>What the endpoint is expected to do, by the best source at hand.</summary>
    private readonly record struct Expectation(TimeSpan P50, TimeSpan P99);

    /// <summary>Whether the endpoint may be expected to do better than the worst ranked one (in threshold mode: to be acceptable).</summary>
    public static bool Holds(Context context, Subject subject, IReadOnlyList<Subject> ranked)
    {
        if (subject.Record.Admitted || subject.Ejected || subject.Seen.Report != ReportFreshness.Fresh || Probes.Fails(subject.Seen.Probe)) return false;
        var waited = context.Now >= subject.Record.Exploration.NotBefore;
        if (waited && Plain(context, subject, ranked) is { } plain && Gains(context, plain, ranked)) return true;
        return Scaled(subject) is { } scaled && Gains(context, scaled, ranked);
    }

    /// <summary>
    /// Traffic it still has (kept-alive connections), else its last verdict, unless probes disprove that: a verdict that is bad, of an
    /// endpoint that now answers probes in less than half the time.
    /// </summary>
    private static Expectation? Plain(Context context, Subject subject, IReadOnlyList<Subject> ranked)
    {
        if (subject.Evidence is { } evidence) return new(evidence.P50, evidence.P99);
        var (median, slowest) = (Probes.Median(subject.Seen.Probe), Probes.Slowest(subject.Seen.Probe));
        var probed = median is { } m && slowest is { } s ? new Expectation(m, s) : (Expectation?)null;
        if (subject.Record.Verdict is not { } verdict) return probed;
        var remembered = new Expectation(verdict.P50, verdict.P99);
        if (probed is not { } now) return context.Now - verdict.At <= Memorable ? remembered : null;
        if (now.P50 > verdict.P50 * FarFaster) return now;
        return IsBad(context, remembered, ranked) && now.P50 * FarFaster < verdict.P50 ? now : remembered;
    }

    /// <summary>
    /// After a trial has shown what the probes are worth (a cheap path answers fast on a slow pod), only their change is news: the verdict
    /// is scaled by it.
    /// </summary>
    private static Expectation? Scaled(Subject subject)
    {
        var exploration = subject.Record.Exploration;
        if (exploration.Failures == 0 || exploration.ProbeThen is not { } then || then <= TimeSpan.Zero) return null;
        if (subject.Record.Verdict is not { } verdict || Probes.Median(subject.Seen.Probe) is not { } now) return null;
        return now * FarFaster < then ? new Expectation(verdict.P50 * (now / then), verdict.P99 * (now / then)) : null;
    }

    private static bool IsBad(Context context, Expectation expected, IReadOnlyList<Subject> ranked)
    {
        if (context.Settings.Selection.Mode == SelectionMode.Threshold) return expected.P99 > context.Settings.LatencyThreshold;
        if (ranked.Count == 0) return false;
        var worst = ranked[^1].Evidence!;
        return expected.P50 > worst.P50 * 1.5 || expected.P99 > worst.P99 * 1.5;
    }

    private static bool Gains(Context context, Expectation expected, IReadOnlyList<Subject> ranked)
    {
        if (context.Settings.Selection.Mode == SelectionMode.Threshold) return expected.P99 <= context.Settings.LatencyThreshold;
        if (ranked.Count == 0) return false;
        var (strict, worst) = (context.Strict, ranked[^1].Evidence!);
        var outlier = ranked.Count > 1 && strict.ClearlyWorse(worst, ranked[0].Evidence!);
        var factor = outlier ? 1 + strict.Margin : FarFaster;
        if (expected.P50 * factor < worst.Lower(0.5, strict.Alpha)) return true;
        var tail = worst.Supported(Comparison.Quantile, strict.Alpha);
        return outlier && expected.P99 * factor < worst.Lower(tail, strict.Alpha) && expected.P50 <= worst.P50 * factor;
    }
}
