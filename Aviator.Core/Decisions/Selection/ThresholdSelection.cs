using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Selection;

/// <summary>threshold: every endpoint whose 99th percentile is not clearly above spec.latencyThreshold, however many these are.</summary>
internal sealed class ThresholdSelection : ISelectionMode
{
    public string Name => "threshold";

    /// <summary>Every acceptable one is wanted; this is only the least.</summary>
    public int CountWanted(PolicySettings settings, int ready) => 1;

    /// <summary>
    /// What is above the threshold, and clearly worse than the middle one: equals stay, on whichever side of the threshold they happen to
    /// be measured, and an overload that slows all does not drive all traffic to a few.
    /// </summary>
    public IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context)
    {
        var (ranked, threshold) = (context.Ranking, context.Settings.LatencyThreshold);
        var above = ranked.Where(endpoint => context.Strict.ClearlyAbove(endpoint.Evidence!, threshold, Comparison.Quantile)).ToList();
        if (context.Middle is not { } middle) return [];
        var best = ranked[0].Evidence!;
        return [.. above.Where(endpoint => context.Strict.Outlying(endpoint.Evidence!, middle, best))];
    }

    public TimeSpan FastEnough(PolicySettings settings) => settings.LatencyThreshold;

    public string ExplainExclusion(EvaluationContext context, EndpointEvaluation endpoint) =>
        $"unselected: {LatencyText.Describe(endpoint.Evidence!)} is above {LatencyText.Format(context.Settings.LatencyThreshold)}";

    public int CountProbesNeeded(TrialBaseline baseline) => ProbeRuns.Short;

    public bool IsBad(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        expected.P99 > context.Settings.LatencyThreshold;

    public bool IsGain(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        expected.P99 <= context.Settings.LatencyThreshold;

    public TimeSpan? TrialLimit(EvaluationContext context) => context.Settings.LatencyThreshold;

    public bool IsWorseInTrial(EvaluationContext context, Evidence evidence) =>
        context.Loose.ClearlyAbove(evidence, context.Settings.LatencyThreshold, Comparison.Quantile);

    public bool StaysAfterTrial(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence) =>
        evidence.P99 <= context.Settings.LatencyThreshold;
}
