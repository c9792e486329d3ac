namespace Aviator.Core.Decisions;

/// <summary>Stage 4: takes out endpoints that violate the absolute limit, at once and whatever the ranking says.</summary>
internal static class CircuitBreaker
{
    /// <summary>Samples of one interval that can make a verdict; with fewer the whole window is asked.</summary>
    private const long FewestSamples = 5;

    /// <summary>Error probability of "the 99th percentile is above the limit": 2 of 5, 3 of 20 or 18 of 1000 samples must be.</summary>
    private const double Alpha = 0.01;

    /// <summary>The longest time Open.</summary>
    public static readonly TimeSpan LongestOpen = TimeSpan.FromMinutes(10);

    /// <summary>A violation so soon after a successful trial counts as a failed one.</summary>
    private static readonly TimeSpan Relapse = TimeSpan.FromMinutes(10);

    /// <summary>Moves every endpoint's breaker on by one evaluation.</summary>
    public static void Step(Context context)
    {
        foreach (var subject in context.Subjects)
        {
            if (!context.Settings.Breaker.Enabled) subject.Record = subject.Record with { Breaker = default };
            else if (subject.Record.Breaker.Phase == BreakerPhase.Closed) StepClosed(context, subject);
            else if (subject.Record.Breaker.Phase == BreakerPhase.Open) StepOpen(context, subject);
        }
    }

    /// <summary>Whether the endpoint may have its trial: its probes are good, or it is not probed, or what traffic it still has is good.</summary>
    public static bool MayBeTried(Context context, Subject subject) => subject.Record.Breaker.Phase == BreakerPhase.HalfOpen
        && (!subject.Seen.Probe.Exists || (subject.Evidence is { } evidence && !Violates(context, evidence)) || Probes.Newest(subject.Seen.Probe)?.Slowest <= context.Settings.Breaker.P99Threshold);

    /// <summary>Whether the evidence is above the limit beyond error.</summary>
    public static bool Violates(Context context, Evidence evidence, double alpha = Alpha) =>
        context.Settings.Breaker.Enabled && evidence.Lower(Comparison.Quantile, alpha) > context.Settings.Breaker.P99Threshold;

    /// <summary>Open again, for twice as long.</summary>
    public static void TrialFailed(Context context, Subject subject) =>
        Open(context, subject, subject.Record.Breaker.FailedTrials + 1);

    /// <summary>Closed; the count of failed trials is forgotten only after ten good minutes.</summary>
    public static void TrialPassed(Context context, Subject subject) => subject.Record = subject.Record with
    {
        Breaker = new BreakerRecord(BreakerPhase.Closed, 0, subject.Record.Breaker.FailedTrials, context.Now),
    };

    /// <summary>How long an endpoint stays Open after so many failed trials: twice as long for each, at most <see cref="LongestOpen"/>.</summary>
    public static TimeSpan OpenTime(PolicySettings settings, int failedTrials)
    {
        var (first, pause) = (settings.Breaker.RecoveryInterval, settings.Breaker.RecoveryInterval * Math.Pow(2, Math.Min(failedTrials, 30)));
        return pause <= LongestOpen ? pause : first > LongestOpen ? first : LongestOpen;
    }

    private static void StepClosed(Context context, Subject subject)
    {
        var breaker = subject.Record.Breaker;
        if (!subject.HasNews || Verdict(context, subject) is not { } violates) return;
        if (!violates)
        {
            var forgiven = breaker.FailedTrials > 0 && context.Now - breaker.OpenUntil >= Relapse;
            subject.Record = subject.Record with { Breaker = breaker with { Violations = 0, FailedTrials = forgiven ? 0 : breaker.FailedTrials } };
            return;
        }

        var violations = breaker.Violations + 1;
        subject.Record = subject.Record with { Breaker = breaker with { Violations = violations } };
        if (violations < context.Settings.Breaker.ConsecutiveViolations || subject.OnTrial) return;
        var relapsed = breaker.OpenUntil != TimeSpan.Zero && context.Now - breaker.OpenUntil < Relapse;
        Open(context, subject, relapsed ? breaker.FailedTrials + 1 : 0);
    }

    private static void StepOpen(Context context, Subject subject)
    {
        if (context.Now < subject.Record.Breaker.OpenUntil) return;
        subject.Record = subject.Record with { Breaker = subject.Record.Breaker with { Phase = BreakerPhase.HalfOpen }, EvidenceFrom = context.Now };
        subject.Evidence = subject.Glimpse = null;
    }

    private static bool? Verdict(Context context, Subject subject)
    {
        if (subject.Evidence?.HungFor is { } hung) return hung > context.Settings.Breaker.P99Threshold;
        var fresh = Evidence.Of(subject.Seen.Fresh, subject.Seen.Rif, subject.Waiting(context.Now));
        if (fresh.Count >= FewestSamples) return Violates(context, fresh);
        if (fresh.Count == 0 || subject.Glimpse is not { } window || window.Count < FewestSamples) return null;
        return Violates(context, window);
    }

    private static void Open(Context context, Subject subject, int failedTrials)
    {
        var limit = context.Settings.Breaker.P99Threshold;
        var evidence = subject.Evidence ?? subject.Glimpse;
        var told = evidence is null ? "" : $"{Text.P99(evidence)}, limit {Text.Of(limit)}, ";
        subject.Exclude(context.Now, context.Now, failedTrials > 0
            ? $"ejected: {told}trial {failedTrials} failed"
            : $"ejected: {told}{context.Settings.Breaker.ConsecutiveViolations} intervals in a row");
        subject.Record = subject.Record with
        {
            Breaker = new BreakerRecord(BreakerPhase.Open, 0, failedTrials, context.Now + context.Jittered(OpenTime(context.Settings, failedTrials), subject.Key)),
        };
    }
}
