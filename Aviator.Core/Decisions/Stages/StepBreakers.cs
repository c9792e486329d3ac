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
        if (!context.Settings.Breaker.Enabled)
        {
            foreach (var endpoint in context.Endpoints) endpoint.Record = endpoint.Record with { Breaker = default };
            return;
        }

        var due = new List<EndpointEvaluation>();
        foreach (var endpoint in context.Endpoints)
        {
            if (endpoint.Record.Breaker.Phase != BreakerPhase.Closed && endpoint.Record.HeldInUse) JudgeHeld(context, endpoint);
            if (endpoint.Record.Breaker.Phase == BreakerPhase.Open) StepOpen(context, endpoint);
            else if (endpoint.Record.Breaker.Phase == BreakerPhase.Closed && StepClosed(context, endpoint)) due.Add(endpoint);
        }

        Eject(context, due);
    }

    /// <summary>
    /// Ejects those that are due, the slowest first and not too many at once; none when most of what is in service is above the limit,
    /// because then it is the load or a common cause, and ejecting would only take capacity away.
    /// </summary>
    private static void Eject(EvaluationContext context, List<EndpointEvaluation> due)
    {
        if (due.Count == 0) return;
        var serving = context.Endpoints.Where(endpoint => endpoint.Record.Admitted && !endpoint.Ejected && !endpoint.OnTrial).ToList();
        var above = CountAbove(context, serving);
        if (above * 2 > serving.Count && serving.Count > context.AtLeast)
        {
            context.Degraded = new(true, DecisionReason.Panic, $"{above} of {serving.Count} endpoints in service are above "
                + $"{LatencyText.Format(context.Settings.Breaker.P99Threshold)}: that is the load or a common cause, so none is ejected.");
            return;
        }

        var known = serving.Where(one => one.Evidence is not null).OrderBy(one => one.Evidence!.P99).ToList();
        var room = BoundStep.AtOnce(context.Endpoints.Count(endpoint => endpoint.WasInUse));
        var left = serving.Count;
        foreach (var endpoint in due
            .OrderByDescending(one => one.AnyEvidence?.P99 ?? TimeSpan.Zero)
            .ThenBy(one => one.Key, StringComparer.Ordinal))
        {
            if (room == 0) break;
            if (FindObjection(context, endpoint, known, left - 1) is { } objection)
            {
                endpoint.Reason = $"selected: {LatencyText.Describe(endpoint.AnyEvidence!)} is above the limit, but {objection}";
                continue;
            }

            (left, room) = (left - 1, room - 1);
            if (endpoint.AnyEvidence is { ServesNobody: false })
                context.State = context.State with { Capacity = context.State.Capacity with { NarrowedAt = context.Now } };
            var breaker = endpoint.Record.Breaker;
            var relapsed = breaker.OpenUntil != TimeSpan.Zero && context.Now - breaker.OpenUntil < Relapse;
            CircuitBreaker.Open(context, endpoint, relapsed ? breaker.FailedTrials + 1 : 0);
        }
    }

    /// <summary>
    /// Endpoints in service whose violations tell of the load or a common cause. One that has never been below the limit tells of neither,
    /// as when the load has called a slow one back; unless most are like that, and the limit fits none of them.
    /// </summary>
    private static int CountAbove(EvaluationContext context, List<EndpointEvaluation> serving)
    {
        var limit = context.Settings.Breaker.P99Threshold;
        var slow = serving.Count(endpoint => endpoint.Record.Usual > limit);
        return serving.Count(endpoint =>
            endpoint.Record.Breaker.Violations > 0 && (slow * 2 > serving.Count || !(endpoint.Record.Usual > limit)));
    }

    /// <summary>
    /// Why an endpoint above the limit is not ejected; null when it is. It must be worse than the middle one in service: where all are near
    /// the limit, which of them is measured above it is chance. Where it may be its queue, the load decides, and how often equals have
    /// taken turns of late.
    /// </summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoint">The endpoint above the limit.</param>
    /// <param name="known">Those in service that can be compared, best first.</param>
    /// <param name="left">How many would be left in service.</param>
    private static string? FindObjection(
        EvaluationContext context, EndpointEvaluation endpoint, List<EndpointEvaluation> known, int left)
    {
        if (endpoint.AnyEvidence is not { ServesNobody: false } evidence) return null;
        var middle = FindMiddleOfOthers(endpoint, known)?.Evidence;
        if (middle is not null && !context.Strict.ClearlyWorse(evidence, middle)) return "the others are no better";
        var natural = middle is null || context.IsWorseByNature(endpoint, middle);
        var needed = Patience.Outlasting(context, context.Settings.Breaker.ConsecutiveViolations, windows: 1);
        if (!natural && endpoint.Record.Breaker.Violations < needed)
            return "that may be its queue";
        // Where minEndpoints calls another one in for it, as many are left as before.
        return LoadCovers.WithOnly(context, Math.Max(left, context.AtLeast), endpoint, middle) ? null : "the load needs it";
    }

    /// <summary>The middle one of <paramref name="known"/> without the endpoint, the better of two; null when there is no other.</summary>
    private static EndpointEvaluation? FindMiddleOfOthers(EndpointEvaluation endpoint, List<EndpointEvaluation> known)
    {
        var place = known.IndexOf(endpoint);
        var others = place < 0 ? known.Count : known.Count - 1;
        if (others == 0) return null;
        var middle = (others - 1) / 2;
        return known[place >= 0 && place <= middle ? middle + 1 : middle];
    }

    /// <summary>
    /// An ejected endpoint that a guard holds in use has traffic, so it needs no trial: as many good evaluations in a row as violations
    /// eject it close its breaker, whatever the others do meanwhile.
    /// </summary>
    private static void JudgeHeld(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (!endpoint.HasNews || endpoint.OnTrial || Violates(context, endpoint) is not { } violates) return;
        var good = violates ? 0 : endpoint.Record.Breaker.Violations + 1;
        endpoint.Record = endpoint.Record with { Breaker = endpoint.Record.Breaker with { Violations = good } };
        if (good < context.Settings.Breaker.ConsecutiveViolations) return;
        CircuitBreaker.PassTrial(context, endpoint);
        endpoint.Readmit($"selected: good for {good} intervals while it was held in use");
    }

    /// <summary>Counts violations; says whether there have been enough in a row to eject.</summary>
    private static bool StepClosed(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var breaker = endpoint.Record.Breaker;
        if (!endpoint.HasNews || Violates(context, endpoint) is not { } violates) return false;
        if (!violates)
        {
            // A violation that ends by itself was a queue, or chance.
            if (breaker.Violations > 0 && !endpoint.OnTrial)
                context.State = context.State with { FalseAlarms = context.State.FalseAlarms + 1 };
            var forgiven = breaker.FailedTrials > 0 && context.Now - breaker.OpenUntil >= Relapse;
            var failed = forgiven ? 0 : breaker.FailedTrials;
            var calm = breaker with { Violations = 0, FailedTrials = failed };
            if (calm != breaker) endpoint.Record = endpoint.Record with { Breaker = calm };
            return false;
        }

        var violations = breaker.Violations + 1;
        endpoint.Record = endpoint.Record with { Breaker = breaker with { Violations = violations } };
        return violations >= context.Settings.Breaker.ConsecutiveViolations && !endpoint.OnTrial;
    }

    private static void StepOpen(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (context.Now < endpoint.Record.Breaker.OpenUntil) return;
        endpoint.Record = endpoint.Record with
        {
            Breaker = endpoint.Record.Breaker with { Phase = BreakerPhase.HalfOpen },
            EvidenceFrom = endpoint.Record.HeldInUse ? endpoint.Record.EvidenceFrom : context.Now,
        };
        if (endpoint.Record.HeldInUse) return;
        endpoint.SetNoEvidence("its circuit breaker has just become half-open");
    }

    /// <summary>Whether the last interval was a violation; null when too little was measured to say.</summary>
    private static bool? Violates(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Evidence?.HungFor is { } hung) return hung > context.Settings.Breaker.P99Threshold;
        var waiting = endpoint.WaitingTime(context.Now);
        var fresh = Evidence.FromWindow(endpoint.Observed.Fresh, endpoint.Observed.Waiting, waiting, context.Common);
        if (fresh.Count >= FewestSamples) return CircuitBreaker.Violates(context, fresh);
        if (fresh.Count == 0 || endpoint.AnyEvidence is not { } window || window.Count < FewestSamples) return null;
        return CircuitBreaker.Violates(context, window);
    }
}
