namespace Aviator.Core.Decisions;

/// <summary>
/// Whether an endpoint without traffic would be worth a trial: is there something to gain, and does anything say so? Built once per
/// evaluation from what is in service.
/// </summary>
internal sealed class Promise
{
    /// <summary>A remembered verdict older than this speaks against a trial, but no more for one.</summary>
    private static readonly TimeSpan Memorable = TimeSpan.FromMinutes(10);

    /// <summary>Among endpoints that are equal to each other only one so much faster is worth a trial.</summary>
    private const double FarFaster = 2;

    private readonly Context _context;
    private readonly Evidence? _best;
    private readonly Evidence? _worst;

    /// <summary>Something in service is bad against the best.</summary>
    private readonly bool _urgent;

    /// <summary>Looks at what is in service.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="ranked">The ranked endpoints, best first.</param>
    public Promise(Context context, IReadOnlyList<Subject> ranked)
    {
        _context = context;
        if (ranked.Count == 0) return;
        (_best, _worst) = (ranked[0].Evidence, ranked[^1].Evidence);
        if (ranked.Count < 2) return;
        _urgent = context.Strict.Outlying(_worst!, ranked[(ranked.Count - 1) / 2].Evidence!, _best!);
    }

    /// <summary>What the endpoint is expected to do, by the best source at hand.</summary>
    private readonly record struct Expectation(TimeSpan P50, TimeSpan P99);

    private bool ByThreshold => _context.Settings.Selection.Mode == SelectionMode.Threshold;

    private int Run => _urgent || ByThreshold ? Probes.Run : Probes.LongRun;

    /// <summary>Whether the endpoint may be expected to do better than the worst in service (in threshold mode: to be acceptable).</summary>
    public bool Of(Subject subject)
    {
        if (subject.Record.Admitted || subject.Ejected || subject.Seen.Report != ReportFreshness.Fresh || Probes.Fails(subject.Seen.Probe)) return false;
        if (_context.Now >= subject.Record.Exploration.NotBefore && Plain(subject) is { } plain && Gains(plain)) return true;
        return Scaled(subject) is { } scaled && Gains(scaled);
    }

    /// <summary>The median to be expected of an endpoint without traffic: its last one, or less when its probes have become that much faster.</summary>
    public static TimeSpan? Median(Subject subject)
    {
        if (subject.Record.Verdict is not { } verdict) return Probes.Newest(subject.Seen.Probe)?.Median;
        return subject.Record.Exploration.ProbeThen is { } then && Probes.Newest(subject.Seen.Probe) is { } now && now.Slowest * FarFaster < then
            ? verdict.P50 * (now.Median / then)
            : verdict.P50;
    }

    /// <summary>
    /// Traffic that it still has (kept-alive connections), else its last verdict, unless probes disprove that: a bad verdict, of an endpoint
    /// that now answers probes in less than half the time, or a good one of an endpoint whose probes have become slow.
    /// </summary>
    private Expectation? Plain(Subject subject)
    {
        if (subject.Evidence is { } evidence) return new(evidence.P50, evidence.P99);
        var probed = Probes.Newest(subject.Seen.Probe, Run) is { } run ? new Expectation(run.Median, run.Slowest) : (Expectation?)null;
        if (subject.Record.Verdict is not { } verdict) return probed;
        var remembered = new Expectation(verdict.P50, verdict.P99);
        if (probed is not { } now) return _context.Now - verdict.At <= Memorable ? remembered : null;
        if (now.P50 > verdict.P50 * FarFaster) return now;
        return IsBad(remembered) && now.P50 * FarFaster < verdict.P50 ? now : remembered;
    }

    /// <summary>
    /// The last verdict, scaled by how far probes have come since: a cheap path answers fast on a slow pod too, so only its change is news.
    /// News need not wait for the pause after a failed trial.
    /// </summary>
    private Expectation? Scaled(Subject subject)
    {
        if (subject.Record.Exploration.ProbeThen is not { } then || then <= TimeSpan.Zero) return null;
        if (subject.Record.Verdict is not { } verdict || Probes.Newest(subject.Seen.Probe, Run) is not { } now) return null;
        return now.Slowest * FarFaster < then ? new Expectation(verdict.P50 * (now.Median / then), verdict.P99 * (now.Slowest / then)) : null;
    }

    private bool IsBad(Expectation expected)
    {
        if (ByThreshold) return expected.P99 > _context.Settings.LatencyThreshold;
        return _best is not null && (expected.P50 > _best.P50 * 1.5 || expected.P99 > _best.P99 * 1.5);
    }

    private bool Gains(Expectation expected)
    {
        if (ByThreshold) return expected.P99 <= _context.Settings.LatencyThreshold;
        if (_worst is null) return false;
        var strict = _context.Strict;
        var median = _worst.Lower(0.5, strict.Alpha);
        if (!_urgent) return expected.P99 * FarFaster < median;
        var factor = 1 + strict.Margin;
        if (expected.P50 * factor < median) return true;
        var tail = _worst.Supported(Comparison.Quantile, strict.Alpha);
        return expected.P99 * factor < _worst.Lower(tail, strict.Alpha) && expected.P50 <= _worst.P50 * factor;
    }
}
