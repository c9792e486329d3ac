using Aviator.Core.Decisions.Weights;

namespace Aviator.Core.Decisions;

/// <summary>
/// Decides which endpoints of a Service get traffic: a pure function of what was observed and what is remembered. Endpoints that the same
/// clients reach are decided together, apart from all others (<see cref="EndpointObservation.Domain"/>). The stages are listed in
/// <see cref="DecisionPipeline"/>; their rules, constants and reasons are in docs/deciding.md.
/// </summary>
public static class PolicyDecision
{
    /// <summary>Evaluates a policy once.</summary>
    /// <param name="settings">The policy, validated.</param>
    /// <param name="observations">Every ready endpoint, in any order.</param>
    /// <param name="previous">What the last written decision left to remember.</param>
    /// <param name="now">Monotonic time, read once for this evaluation; never less than at the evaluation before.</param>
    /// <param name="seed">Varies the jitter of pauses, nothing else.</param>
    public static PolicyOutcome Decide(
        PolicySettings settings, IReadOnlyCollection<EndpointObservation> observations, PolicyState previous, TimeSpan now, ulong seed) =>
        Conclude(Rank(settings, observations, previous, now, seed));

    /// <summary>The first half of <see cref="Decide"/>, for callers that time the halves apart.</summary>
    /// <inheritdoc cref="Decide"/>
    /// <returns>The evaluation of each routing domain, for exactly one call of <see cref="Conclude"/>.</returns>
    internal static IReadOnlyList<EvaluationContext> Rank(
        PolicySettings settings, IReadOnlyCollection<EndpointObservation> observations, PolicyState previous, TimeSpan now, ulong seed)
    {
        var domains = EvaluationContext.Start(settings, observations, previous, now, seed);
        foreach (var domain in domains) DecisionPipeline.Run(DecisionPipeline.Ranking, domain);
        return domains;
    }

    /// <summary>The second half of <see cref="Decide"/>.</summary>
    /// <param name="domains">What <see cref="Rank"/> returned; its state is changed, so it cannot be concluded twice.</param>
    internal static PolicyOutcome Conclude(IReadOnlyList<EvaluationContext> domains)
    {
        foreach (var domain in domains) DecisionPipeline.Run(DecisionPipeline.Selection, domain);
        CanaryShare.Apply(domains);
        return OutcomeBuilder.Build(domains);
    }
}
