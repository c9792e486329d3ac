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

/// <summary>Collects, ranks and decides; writes nothing.</summary>
/// <param name="windows">The measurements.</param>
/// <param name="options">May name a source for all policies.</param>
internal sealed class Evaluator(WindowStore windows, ControllerOptions options)
{
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
