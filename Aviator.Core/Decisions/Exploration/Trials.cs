namespace Aviator.Core.Decisions;

/// <summary>
/// Stage 5: trials with real traffic for endpoints that have none. One at a time; begun only when probes or the last verdict promise
/// something; ended at the first clear violation; paid for.
/// </summary>
internal static class Trials
{
    /// <summary>Share of the traffic that failed trials may cost in the long run: half of the 1 % that a p99 can hide.</summary>
    public const double Budget = 0.005;

    /// <summary>Samples from which a trial can be called failed.</summary>
    private const long FewestSamples = 5;

    /// <summary>A single request in flight for less says nothing: one hiccup must not end a trial.</summary>
    private static readonly TimeSpan Stuck = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>Judges the trial under way; returns the state of trials after it.</summary>
    public static PolicyState Progress(Context context, PolicyState state, IReadOnlyList<Subject> ranked)
    {
        var elapsed = state.LastEvaluation is { } last && context.Now > last ? (context.Now - last).TotalSeconds : 0;
        state = state with { TrialDebt = Math.Max(0, state.TrialDebt - (elapsed * Budget)) };
        if (state.Trial is not { } trial) return state;
        var subject = context.Subjects.FirstOrDefault(one => one.Key == trial.Key);
        if (subject is not { OnTrial: true }) return Over(context, state);

        var halfOpen = subject.Record.Breaker.Phase == BreakerPhase.HalfOpen;
        var reference = Reference(context, ranked);
        if (Violation(context, subject, reference) is { } violation)
        {
            var share = 1.0 / Math.Max(1, context.Subjects.Count(one => one.Record.Admitted));
            Fail(context, subject, violation, halfOpen);
            return Over(context, state) with { TrialDebt = state.TrialDebt + (share * (context.Now - trial.StartedAt).TotalSeconds) };
        }

        if (subject.Evidence is { } evidence && Passed(context, subject, evidence, ranked, trial))
        {
            subject.OnTrial = false;
            if (halfOpen) CircuitBreaker.TrialPassed(context, subject);
            if (Stays(context, subject, evidence, ranked))
            {
                subject.Record = subject.Record with { Measured = true, Exploration = default };
                subject.Reason = $"selected: passed its trial, {Text.P99(evidence)}";
            }
            else
            {
                Return(context, subject, 1, $"unselected: its trial brought no gain, {Text.P99(evidence)}");
            }

            return Over(context, state);
        }

        if (context.Now < trial.EndsAt) return state;
        subject.OnTrial = false;
        Return(context, subject, 0, $"{(halfOpen ? "ejected" : "unselected")}: its trial ended for want of traffic");
        return Over(context, state);
    }

    /// <summary>Begins a trial when there is a candidate, no pause and no debt; returns the state of trials.</summary>
    public static PolicyState Begin(Context context, PolicyState state, IReadOnlyList<Subject> promising, IReadOnlyList<Subject> ranked)
    {
        if (state.Trial is not null || context.Now < state.NextTrial || !context.Subjects.Any(subject => subject.HasNews)) return state;
        if (state.TrialDebt > 0 && !ranked.Any(subject => subject.ClearlyWorse)) return state;
        var candidate = context.Subjects.Where(subject => CircuitBreaker.MayBeTried(context, subject) && subject.Seen.Report == ReportFreshness.Fresh
                && context.Now >= subject.Record.Exploration.NotBefore).Concat(promising)
            .OrderBy(subject => Probes.Newest(subject.Seen.Probe)?.Median ?? subject.Record.Verdict?.P50 ?? TimeSpan.MaxValue)
            .ThenBy(subject => subject.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        if (candidate is null) return state;
        candidate.Admit(context.Now, candidate.Ejected ? "trial: ejected, and its probes are good again" : "trial: promises to be faster than the slowest in service");
        candidate.OnTrial = true;
        return state with { Trial = new TrialRecord(candidate.Key, context.Now, context.Now + context.Settings.Measurement.MaxWindow) };
    }

    private static Evidence? Reference(Context context, IReadOnlyList<Subject> ranked) =>
        ranked.Count == 0 ? null : ranked[Math.Min(context.Wanted, ranked.Count) - 1].Evidence;

    private static string? Violation(Context context, Subject subject, Evidence? reference)
    {
        if (!subject.HasNews || subject.Glimpse is not { } glimpse) return null;
        var threshold = context.Settings.Selection.Mode == SelectionMode.Threshold;
        var limit = threshold ? context.Settings.LatencyThreshold : reference?.P99 ?? TimeSpan.MaxValue / 4;
        if (context.Settings.Breaker.Enabled && context.Settings.Breaker.P99Threshold < limit) limit = context.Settings.Breaker.P99Threshold;
        if (subject.Seen.Rif > 0 && subject.Waiting(context.Now) > limit * 2 && subject.Waiting(context.Now) > Stuck) return $"no answer for {Text.Span(subject.Waiting(context.Now))} in its trial";
        if (glimpse.Count < FewestSamples) return null;
        var worse = CircuitBreaker.Violates(context, glimpse, Comparison.Loose)
            || (threshold ? context.Loose.ClearlyAbove(glimpse, limit, Comparison.Quantile) : reference is not null && context.Loose.ClearlyWorse(glimpse, reference));
        return worse ? $"{Text.P99(glimpse)} in its trial" : null;
    }

    /// <summary>Enough is known: it is better than something in service, or time enough has passed to see that it is not.</summary>
    private static bool Passed(Context context, Subject subject, Evidence evidence, IReadOnlyList<Subject> ranked, TrialRecord trial) =>
        subject.HasNews && (Stays(context, subject, evidence, ranked) || context.Now - trial.StartedAt >= context.Settle);

    private static bool Stays(Context context, Subject subject, Evidence evidence, IReadOnlyList<Subject> ranked)
    {
        if (context.Settings.Selection.Mode == SelectionMode.Threshold) return evidence.P99 <= context.Settings.LatencyThreshold;
        var others = context.Subjects.Count(one => one.Record.Admitted && !one.Ejected && one != subject);
        return others < context.Wanted || ranked.Any(one => context.Strict.ClearlyWorse(one.Evidence!, evidence));
    }

    private static void Fail(Context context, Subject subject, string violation, bool halfOpen)
    {
        subject.OnTrial = false;
        if (halfOpen) CircuitBreaker.TrialFailed(context, subject);
        else Return(context, subject, 1, $"unselected: {violation}");
    }

    /// <summary>Takes it out and lets it pause, twice as long for each failure in a row.</summary>
    public static void Return(Context context, Subject subject, int failures, string reason)
    {
        var count = subject.Record.Exploration.Failures + failures;
        var pause = FirstPause * Math.Pow(2, Math.Min(count, 20));
        subject.Exclude(context.Now, context.Now + context.Jittered(pause > LongestPause ? LongestPause : pause, subject.Key), reason);
        subject.Record = subject.Record with { Exploration = subject.Record.Exploration with { Failures = count } };
    }

    private static PolicyState Over(Context context, PolicyState state) => state with
    {
        Trial = null,
        NextTrial = context.Now + context.Jittered(context.Settings.EvaluationInterval, state.Trial?.Key ?? ""),
    };
}
