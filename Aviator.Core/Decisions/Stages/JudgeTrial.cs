using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Stages;

/// <summary>Judges the trial under way: ends it at the first clear violation, when it has shown enough, or when its time is over.</summary>
internal sealed class JudgeTrial : IDecisionStage
{
    /// <summary>Share of the traffic that failed trials may cost in the long run: half of the 1 % that a p99 can hide.</summary>
    private const double Budget = 0.005;

    /// <summary>Samples from which a trial can be called failed.</summary>
    private const long FewestSamples = 5;

    /// <summary>A single request in flight for less says nothing: one hiccup must not end a trial.</summary>
    private static readonly TimeSpan Stuck = TimeSpan.FromMilliseconds(200);

    public void Run(EvaluationContext context)
    {
        PayOffDebt(context);
        if (context.State.Trial is not { } trial) return;
        var endpoint = context.Endpoints.FirstOrDefault(one => one.Key == trial.Key);
        if (endpoint is not { OnTrial: true })
        {
            End(context);
        }
        else if (FindViolation(context, endpoint) is { } violation)
        {
            var share = endpoint.Record.Weight / Math.Max(1, context.Endpoints.Count(one => one.Record.Admitted));
            var cost = share * (context.Now - trial.StartedAt).TotalSeconds;
            context.State = context.State with { TrialDebt = context.State.TrialDebt + cost };
            Fail(context, endpoint, violation);
            End(context);
        }
        else if (endpoint.Evidence is { } evidence && IsConclusive(context, endpoint, evidence, trial))
        {
            Pass(context, endpoint, evidence);
            End(context);
        }
        else if (context.Now >= trial.EndsAt)
        {
            var state = endpoint.Record.Breaker.Phase == BreakerPhase.HalfOpen ? "ejected" : "unselected";
            TrialPause.SendBack(context, endpoint, failures: 0, $"{state}: its trial ended for want of traffic");
            End(context);
        }
    }

    /// <summary>
    /// By the time since the last regular evaluation, once: one in between, for an endpoint that came or went, has no news.
    /// </summary>
    private static void PayOffDebt(EvaluationContext context)
    {
        if (!context.Endpoints.Any(endpoint => endpoint.HasNews)) return;
        var elapsed = context.LastEvaluation is { } last && context.Now > last ? (context.Now - last).TotalSeconds : 0;
        context.State = context.State with { TrialDebt = Math.Max(0, context.State.TrialDebt - (elapsed * Budget)) };
    }

    private static string? FindViolation(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (!endpoint.HasNews || endpoint.AnyEvidence is not { } evidence) return null;
        var limit = context.Mode.TrialLimit(context) ?? TimeSpan.MaxValue / 4;
        var breaker = context.Settings.Breaker;
        if (breaker.Enabled && breaker.P99Threshold < limit) limit = breaker.P99Threshold;
        var waiting = endpoint.WaitingTime(context.Now);
        if (endpoint.Observed.Waiting > 0 && waiting > limit * 2 && waiting > Stuck)
            return $"no answer for {LatencyText.FormatSeconds(waiting)} in its trial";
        if (evidence.Count < FewestSamples) return null;
        return CircuitBreaker.Violates(context, evidence, Comparison.Loose) || context.Mode.IsWorseInTrial(context, evidence)
            ? $"{LatencyText.Describe(evidence)} in its trial"
            : null;
    }

    /// <summary>Enough is known: it is good enough to stay, or enough time has passed to see that it is not.</summary>
    private static bool IsConclusive(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence, TrialRecord trial) =>
        endpoint.HasNews
        && (context.Mode.StaysAfterTrial(context, endpoint, evidence) || context.Now - trial.StartedAt >= context.Settle);

    private static void Fail(EvaluationContext context, EndpointEvaluation endpoint, string violation)
    {
        if (endpoint.Record.Breaker.Phase != BreakerPhase.HalfOpen)
        {
            TrialPause.SendBack(context, endpoint, failures: 1, $"unselected: {violation}");
            return;
        }

        endpoint.OnTrial = false;
        CircuitBreaker.FailTrial(context, endpoint);
    }

    private static void Pass(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence)
    {
        endpoint.OnTrial = false;
        if (endpoint.Record.Breaker.Phase == BreakerPhase.HalfOpen) CircuitBreaker.PassTrial(context, endpoint);
        if (!context.Mode.StaysAfterTrial(context, endpoint, evidence) && context.Mode.IsWorseInTrial(context, evidence))
        {
            TrialPause.SendBack(context, endpoint, failures: 1, $"unselected: its trial brought no gain, {LatencyText.Describe(evidence)}");
            return;
        }

        endpoint.Record = endpoint.Record with { Measured = true, Exploration = default };
        endpoint.Reason = $"selected: passed its trial, {LatencyText.Describe(evidence)}";
    }

    private static void End(EvaluationContext context) => context.State = context.State with
    {
        Trial = null,
        NextTrial = context.Now + context.Jittered(context.Settings.EvaluationInterval, context.State.Trial?.Key ?? ""),
    };
}
