using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Tests.Core;

/// <summary>A selection mode that the product does not have: endpoints up to five times as slow as the best get traffic.</summary>
internal sealed class FiveFoldSelection : ISelectionMode
{
    private const double Factor = 5;

    public string Name => "fiveFold";

    public int CountWanted(PolicySettings settings, int ready) => 1;

    public IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context) =>
        [.. context.Ranking.Where(endpoint => endpoint.Evidence!.P50 > context.Ranking[0].Evidence!.P50 * Factor)];

    public string ExplainExclusion(EvaluationContext context, EndpointEvaluation endpoint) =>
        "unselected: over five times as slow as the best";

    public int CountProbesNeeded(TrialBaseline baseline) => 1;

    public bool IsBad(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) => !IsGain(context, baseline, expected);

    public bool IsGain(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        baseline.Best is { } best && expected.P50 <= best.P50 * Factor;

    public TimeSpan? TrialLimit(EvaluationContext context) => null;

    public bool IsWorseInTrial(EvaluationContext context, Evidence evidence) => !StaysAfterTrial(context, evidence);

    public bool StaysAfterTrial(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence) =>
        StaysAfterTrial(context, evidence);

    private static bool StaysAfterTrial(EvaluationContext context, Evidence evidence) =>
        context.Boundary is { } best && evidence.P50 <= best.P50 * Factor;
}
