using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Moves every endpoint's circuit breaker by one evaluation: what violates the absolute limit leaves, whatever the ranking says.
/// </summary>
internal sealed class StepBreakers : IDecisionStage
{
    /// <summary>Samples of one interval that suffice for a verdict; with fewer the whole window is used.</summary>
    private const long FewestSamples = 5;

    /// <summary>A violation so soon after a successful trial counts as a failed trial.</summary>
    private static readonly TimeSpan Relapse = TimeSpan.FromMinutes(10);

    public void Run(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints)
        {
            if (!context.Settings.Breaker.Enabled) endpoint.Record = endpoint.Record with { Breaker = default };
            else if (endpoint.Record.Breaker.Phase == BreakerPhase.Closed) StepClosed(context, endpoint);
            else if (endpoint.Record.Breaker.Phase == BreakerPhase.Open) StepOpen(context, endpoint);
        }
    }

    private static void StepClosed(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var breaker = endpoint.Record.Breaker;
        if (!endpoint.HasNews || Violates(context, endpoint) is not { } violates) return;
        if (!violates)
        {
            var forgiven = breaker.FailedTrials > 0 && context.Now - breaker.OpenUntil >= Relapse;
            var failed = forgiven ? 0 : breaker.FailedTrials;
            endpoint.Record = endpoint.Record with { Breaker = breaker with { Violations = 0, FailedTrials = failed } };
            return;
        }

        var violations = breaker.Violations + 1;
        endpoint.Record = endpoint.Record with { Breaker = breaker with { Violations = violations } };
        if (violations < context.Settings.Breaker.ConsecutiveViolations || endpoint.OnTrial) return;
        var relapsed = breaker.OpenUntil != TimeSpan.Zero && context.Now - breaker.OpenUntil < Relapse;
        CircuitBreaker.Open(context, endpoint, relapsed ? breaker.FailedTrials + 1 : 0);
    }

    private static void StepOpen(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (context.Now < endpoint.Record.Breaker.OpenUntil) return;
        endpoint.Record = endpoint.Record with
        {
            Breaker = endpoint.Record.Breaker with { Phase = BreakerPhase.HalfOpen },
            EvidenceFrom = context.Now,
        };
        endpoint.SetNoEvidence("its circuit breaker has just become half-open");
    }

    /// <summary>Whether the last interval was a violation; null when too little was measured to say.</summary>
    private static bool? Violates(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Evidence?.HungFor is { } hung) return hung > context.Settings.Breaker.P99Threshold;
        var fresh = Evidence.FromWindow(endpoint.Observed.Fresh, endpoint.Observed.Rif, endpoint.WaitingTime(context.Now));
        if (fresh.Count >= FewestSamples) return CircuitBreaker.Violates(context, fresh);
        if (fresh.Count == 0 || endpoint.AnyEvidence is not { } window || window.Count < FewestSamples) return null;
        return CircuitBreaker.Violates(context, window);
    }
}
