using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions;

/// <summary>
/// The circuit breaker's limit and its transitions: Closed → Open → HalfOpen → Closed, or Open again after a failed trial.
/// </summary>
internal static class CircuitBreaker
{
    /// <summary>
    /// Error probability of "the 99th percentile is above the limit": 2 of 5, 3 of 20 or 18 of 1000 samples must be above it.
    /// </summary>
    private const double Alpha = 0.01;

    /// <summary>The longest time Open, unless the policy's recovery interval is longer.</summary>
    public static readonly TimeSpan LongestOpen = TimeSpan.FromMinutes(10);

    /// <summary>Whether the evidence is above the limit beyond error.</summary>
    public static bool Violates(EvaluationContext context, Evidence evidence, double alpha = Alpha)
    {
        var (enabled, limit) = (context.Settings.Breaker.Enabled, context.Settings.Breaker.P99Threshold);
        // Few have a single sample above the limit, and only of these the bound is worth the work.
        return enabled && evidence.Estimate(1) > limit && evidence.Lower(Comparison.Quantile, alpha) > limit;
    }

    /// <summary>
    /// Whether a HalfOpen endpoint may have its trial: its probes are good, or it is not probed, or probes say nothing, or the
    /// traffic it still has is good.
    /// </summary>
    public static bool MayBeTried(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Record.Breaker.Phase != BreakerPhase.HalfOpen) return false;
        if (!endpoint.Observed.Probe.Exists || !context.ProbesWork) return true;
        if (endpoint.Evidence is { } evidence && !Violates(context, evidence)) return true;
        return ProbeRuns.Newest(endpoint.Observed.Probe)?.Slowest <= context.Settings.Breaker.P99Threshold;
    }

    /// <summary>Ejects the endpoint.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="failedTrials">Trials that have failed since it was last Closed for good.</param>
    public static void Open(EvaluationContext context, EndpointEvaluation endpoint, int failedTrials)
    {
        var breaker = context.Settings.Breaker;
        var evidence = endpoint.Evidence ?? endpoint.AnyEvidence;
        var measured = evidence is null ? "" : $"{LatencyText.Describe(evidence)}, limit {LatencyText.Format(breaker.P99Threshold)}, ";
        endpoint.Exclude(context.Now, context.Now, failedTrials > 0
            ? $"ejected: {measured}trial {failedTrials} failed"
            : $"ejected: {measured}{breaker.ConsecutiveViolations} intervals in a row");
        var until = context.Now + context.Jittered(OpenTime(context.Settings, failedTrials), endpoint.Key);
        endpoint.Record = endpoint.Record with { Breaker = new BreakerRecord(BreakerPhase.Open, 0, failedTrials, until) };
    }

    /// <summary>Opens again after a failed trial, for twice as long.</summary>
    public static void FailTrial(EvaluationContext context, EndpointEvaluation endpoint) =>
        Open(context, endpoint, endpoint.Record.Breaker.FailedTrials + 1);

    /// <summary>Closes after a trial; the count of failed ones is forgotten only after ten good minutes.</summary>
    public static void PassTrial(EvaluationContext context, EndpointEvaluation endpoint) => endpoint.Record = endpoint.Record with
    {
        Breaker = new BreakerRecord(BreakerPhase.Closed, 0, endpoint.Record.Breaker.FailedTrials, context.Now),
    };

    /// <summary>
    /// How long an endpoint stays Open after so many failed trials: twice as long for each, at most <see cref="LongestOpen"/>.
    /// </summary>
    public static TimeSpan OpenTime(PolicySettings settings, int failedTrials) =>
        DoublingPause.After(failedTrials, settings.Breaker.RecoveryInterval, LongestOpen);
}
