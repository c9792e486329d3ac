using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Stages;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// A value of spec.selection.mode: how many of the endpoints get traffic, which ones are too slow to stay, and what is worth a trial. A
/// mode is one class, registered in <see cref="SelectionModes"/>; it holds no state. When to act (dampening, load, guards) is not its
/// business but the stages'.
/// </summary>
public interface ISelectionMode
{
    /// <summary>Its value in spec.selection.mode.</summary>
    string Name { get; }

    /// <summary>
    /// How many endpoints of <paramref name="ready"/> ones stay at least, whatever they are like; at least 1, and spec.safety.minEndpoints
    /// may raise it. More stay when they are equal to these: nobody leaves without a gain.
    /// </summary>
    internal int CountWanted(PolicySettings settings, int ready);

    /// <summary>Those of <see cref="EvaluationContext.Ranking"/> that are too slow to stay, beyond error and margin.</summary>
    internal IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context);

    /// <summary>A latency that is no reason to leave, however fast others are; zero without one.</summary>
    internal TimeSpan FastEnough(PolicySettings settings) => TimeSpan.Zero;

    /// <summary>The reason of an endpoint that leaves because it was too slow: "unselected: rank 5 of 6, p99 812 ms".</summary>
    internal string ExplainExclusion(EvaluationContext context, EndpointEvaluation endpoint);

    /// <summary>Good probes in a row that an endpoint without traffic needs before they say anything for a trial; 1 to 16.</summary>
    internal int CountProbesNeeded(TrialBaseline baseline);

    /// <summary>Whether an endpoint that is expected to be so fast would not be selected.</summary>
    internal bool IsBad(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected);

    /// <summary>Whether traffic to an endpoint that is expected to be so fast would be a gain.</summary>
    internal bool IsGain(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected);

    /// <summary>The p99 to compare a trial with; a request that waits for twice as long ends the trial. Null without a limit.</summary>
    internal TimeSpan? TrialLimit(EvaluationContext context);

    /// <summary>Whether a trial has failed by what was measured in it.</summary>
    internal bool IsWorseInTrial(EvaluationContext context, Evidence evidence);

    /// <summary>Whether an endpoint stays in service after its trial.</summary>
    internal bool StaysAfterTrial(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence);

    /// <summary>
    /// What endpoints in use had best weigh, above 0 and at most 1, in their order: full shares unless the mode says otherwise. It is
    /// asked only where weights are carried out; what they weigh now is <see cref="EndpointEvaluation.Weight"/>. How fast they get there,
    /// and how far the load lets them, is the stage's business (<see cref="WeighEndpoints"/>).
    /// </summary>
    internal IReadOnlyList<double> Weigh(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving) =>
        [.. serving.Select(_ => 1.0)];

    /// <summary>Whether a smaller share is what an endpoint needs that is slow, so that it is not taken out for that.</summary>
    internal bool ShedsItsQueue(EvaluationContext context, EndpointEvaluation endpoint) => false;

    /// <summary>
    /// Whether what the mode weighs these by says itself where there is room. Else the load is worked out from rates and latencies, and no
    /// share is larger than that allows.
    /// </summary>
    internal bool SeesRoom(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving) => false;
}
