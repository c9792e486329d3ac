using System.Diagnostics;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Reconciliation;

/// <summary>What one evaluation came to.</summary>
/// <param name="Outcome">Decision, state for the next evaluation, and summary.</param>
/// <param name="Source">The source of the numbers.</param>
/// <param name="Stages">When its stages ran; null when nothing listens.</param>
internal sealed record Evaluation(PolicyOutcome Outcome, LatencySource Source, EvaluationStages? Stages)
{
    /// <summary>When it began, on the clock of evaluations.</summary>
    public TimeSpan Began { get; init; }

    /// <summary>Its span; null when nothing listens. Ended before the commit, if that comes in a later look.</summary>
    public Activity? Span { get; init; }
}

/// <summary>What evaluations would come to.</summary>
/// <param name="Outcome">The last one's outcome.</param>
/// <param name="Evaluations">How many led to it.</param>
/// <param name="Turns">Of the endpoints that would leave or come back: why, at the moment when they do, by key.</param>
internal sealed record Foreseen(PolicyOutcome Outcome, int Evaluations, IReadOnlyDictionary<string, string> Turns);

/// <summary>Collects, ranks and decides; writes nothing.</summary>
/// <param name="windows">The measurements.</param>
/// <param name="options">May name a source for all policies.</param>
internal sealed class Evaluator(WindowStore windows, ControllerOptions options)
{
    /// <summary>Evaluations that are foreseen at most.</summary>
    private const int MostForeseen = 20;

    /// <summary>Evaluations in a row without a change after which none is expected: verdicts persist for three before they count.</summary>
    private const int SteadyAfter = 4;

    /// <summary>A smaller change of a weight than this is none.</summary>
    private const double LeastChange = 0.01;

    /// <summary>Evaluates a policy once.</summary>
    /// <param name="policyCase">The policy, its endpoints and the time.</param>
    /// <param name="state">What the last written decision left.</param>
    /// <param name="seed">Varies jitter.</param>
    /// <param name="onTime">
    /// Whether this is one of the policy's regular evaluations. One in between (an endpoint left) must not count as an interval: it sees no
    /// fresh evidence, and the next regular one sees all of it.
    /// </param>
    public Evaluation Evaluate(PolicyCase policyCase, PolicyState state, ulong seed, bool onTime)
    {
        var stages = EvaluationStages.Begin();
        var (settings, members, now) = (SettingsOf(policyCase), policyCase.Members, policyCase.Now);
        var observations = windows.Observe(settings, members, state, now);
        if (!onTime) observations = [.. observations.Select(seen => seen with { Fresh = MeasuredWindow.Empty })];
        stages?.Ended(ControllerTracing.Collect);

        var ranked = PolicyDecision.Rank(settings, observations, state, now, seed);
        stages?.Ended(ControllerTracing.Rank, ("aviator.endpoints.ranked", ranked.Sum(domain => domain.Ranking.Count)));

        var outcome = PolicyDecision.Conclude(ranked);
        stages?.Ended(
            ControllerTracing.Decide,
            ("aviator.endpoints.ready", outcome.Summary.Total), ("aviator.endpoints.active", outcome.Summary.Active));
        if (!onTime) outcome = outcome with { Next = outcome.Next with { LastEvaluation = state.LastEvaluation } };
        return new(outcome, settings.Source, stages);
    }

    /// <summary>
    /// What some evaluations of a policy would come to that is not in force, as if the interval that has just passed came again and again;
    /// nothing is remembered. No load moves meanwhile: an endpoint that would leave keeps its figures, and so do those that would take
    /// over.
    /// </summary>
    /// <param name="policyCase">The policy, its endpoints and the time.</param>
    /// <param name="state">What the decision in force has left; that of no policy is <see cref="PolicyState.Initial"/>.</param>
    /// <param name="inForce">The decision in force; null where all endpoints get traffic.</param>
    public Foreseen Foresee(PolicyCase policyCase, PolicyState state, Decision? inForce)
    {
        var (settings, now) = (SettingsOf(policyCase) with { EstimatesGain = true }, policyCase.Now);
        var since = state with { LastEvaluation = now - settings.EvaluationInterval };
        var seen = windows.Glance(settings, policyCase.Members, since, now);
        var outcome = PolicyDecision.Decide(settings, seen, since, now, seed: 0);
        var (evaluations, steady, turns) = (1, 0, new Dictionary<string, string>(StringComparer.Ordinal));
        NoteTurns(inForce, outcome.Decision);
        while (evaluations < MostForeseen && steady < SteadyAfter)
        {
            now += settings.EvaluationInterval;
            var next = PolicyDecision.Decide(settings, seen, outcome.Next, now, seed: 0);
            steady = IsSame(outcome.Decision, next.Decision) ? steady + 1 : 0;
            NoteTurns(outcome.Decision, next.Decision);
            (outcome, evaluations) = (next, evaluations + 1);
        }

        return new(outcome, evaluations, turns);

        void NoteTurns(Decision? before, Decision after)
        {
            foreach (var (key, verdict) in after.Endpoints)
                if (verdict.Weight > 0 != (before?.Admits(key) ?? true)) turns[key] = verdict.Reason;
        }
    }

    private static bool IsSame(Decision one, Decision other) =>
        one.Endpoints.All(entry => Math.Abs(entry.Value.Weight - other.WeightOf(entry.Key)) < LeastChange);

    /// <summary>Whether the windows reach back far enough to judge most members by; false while a start is still recent.</summary>
    public bool IsWarm(PolicyCase policyCase, PolicyState state)
    {
        var settings = SettingsOf(policyCase);
        var seen = windows.Observe(settings, policyCase.Members, state, policyCase.Now);
        return seen.Count(endpoint => endpoint.Window.Duration >= settings.Measurement.Window * 0.8) * 2 > policyCase.Members.Count;
    }

    /// <summary>The policy's settings, with the source that can really be used.</summary>
    private PolicySettings SettingsOf(PolicyCase policyCase) => policyCase.Terms.Settings with
    {
        Source = windows.SourceInUse(options.Source ?? policyCase.Terms.RequestedSource, policyCase.Members),
    };
}
