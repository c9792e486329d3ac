using System.Diagnostics;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Reconciliation;

/// <summary>What one evaluation came to.</summary>
/// <param name="Outcome">Decision, state to go on with, and summary.</param>
/// <param name="Source">The source of the numbers.</param>
/// <param name="Stages">When its stages ran; null when nothing listens.</param>
internal sealed record Evaluation(PolicyOutcome Outcome, LatencySource Source, EvaluationStages? Stages)
{
    /// <summary>The span of the evaluation; the default value when nothing listens.</summary>
    public ActivityContext Trace { get; init; }
}

/// <summary>Collects, ranks and decides; writes nothing.</summary>
/// <param name="windows">The measurements.</param>
/// <param name="options">A source for all policies, perhaps.</param>
internal sealed class Evaluator(WindowStore windows, ControllerOptions options)
{
    /// <summary>Evaluates a policy once.</summary>
    /// <param name="terms">The policy.</param>
    /// <param name="members">The ready endpoints.</param>
    /// <param name="state">What the last written decision left.</param>
    /// <param name="now">Monotonic time, the same for the whole evaluation.</param>
    /// <param name="seed">Varies jitter.</param>
    /// <param name="onTime">
    /// Whether this is one of the policy's regular evaluations. One in between (an endpoint left) must not count as an interval: it sees no fresh
    /// evidence, and the next regular one sees all of it.
    /// </param>
    public Evaluation Evaluate(PolicyTerms terms, IReadOnlyList<EndpointMember> members, PolicyState state, TimeSpan now, ulong seed, bool onTime)
    {
        var stages = EvaluationStages.Begin();
        var source = windows.SourceInUse(options.Source ?? terms.RequestedSource, members);
        var settings = terms.Settings with { Source = source };
        var observations = windows.Observe(settings, members, state, now);
        if (!onTime) observations = [.. observations.Select(seen => seen with { Fresh = MeasuredWindow.Empty })];
        stages?.Ended(ControllerTracing.Collect);

        var ranked = PolicyDecision.Rank(settings, observations, state, now, seed);
        stages?.Ended(ControllerTracing.Rank, ("aviator.endpoints.ranked", ranked.Order.Count));

        var outcome = PolicyDecision.Conclude(ranked);
        stages?.Ended(
            ControllerTracing.Decide, ("aviator.endpoints.ready", outcome.Summary.Total), ("aviator.endpoints.active", outcome.Summary.Active));
        return new(onTime ? outcome : outcome with { Next = outcome.Next with { LastEvaluation = state.LastEvaluation } }, source, stages);
    }

    /// <summary>Whether the windows reach back far enough to judge most members by; false while a start is still recent.</summary>
    public bool IsWarm(PolicyTerms terms, IReadOnlyList<EndpointMember> members, PolicyState state, TimeSpan now)
    {
        var settings = terms.Settings with { Source = windows.SourceInUse(options.Source ?? terms.RequestedSource, members) };
        var filled = windows.Observe(settings, members, state, now).Count(seen => seen.Window.Duration >= settings.Measurement.Window * 0.8);
        return filled * 2 > members.Count;
    }
}
