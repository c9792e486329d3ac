using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// What the modes have in common that want a number of endpoints: they compare endpoints with each other. Being equal to the last wanted
/// one is good enough, and something is worth a trial when it beats the worst in service.
/// </summary>
internal abstract class RankedSelection : ISelectionMode
{
    /// <summary>Slower than the best in service by this factor is bad.</summary>
    private const double BadFactor = 1.5;

    public abstract string Name { get; }

    public abstract int CountWanted(PolicySettings settings, int ready);

    public IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context)
    {
        if (BoundaryIndex(context) is not { } index) return [];
        var goodEnough = context.Ranking.Take(index + 1).ToList();
        return [.. context.Ranking.Skip(index + 1).Where(endpoint => IsOutlying(context.Strict, endpoint.Evidence!, goodEnough))];
    }

    public string ExplainExclusion(EvaluationContext context, EndpointEvaluation endpoint) =>
        $"unselected: rank {endpoint.Rank} of {context.Ranking.Count}, {LatencyText.Describe(endpoint.Evidence!)}";

    public int CountProbesNeeded(TrialBaseline baseline) => baseline.HasOutlier ? ProbeRuns.Short : ProbeRuns.Long;

    public bool IsBad(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        baseline.Best is { } best && (expected.P50 > best.P50 * BadFactor || expected.P99 > best.P99 * BadFactor);

    public bool IsGain(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected)
    {
        if (baseline.Worst is not { } worst) return false;
        var factor = 1 + context.Strict.Margin;

        // Nobody stays out without a gain either: what is expected to be as good as the worst in service comes back.
        return baseline.HasOutlier
            ? baseline.WorstIsSlower(context, expected, factor)
            : expected.P50 <= worst.P50 * factor && expected.P99 <= worst.P99 * factor;
    }

    public TimeSpan? TrialLimit(EvaluationContext context) => context.Boundary?.P99;

    public bool IsWorseInTrial(EvaluationContext context, Evidence evidence) =>
        context.Boundary is { } boundary && context.Loose.ClearlyWorse(evidence, boundary);

    public bool StaysAfterTrial(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence)
    {
        var others = context.Endpoints.Count(other => other.Record.Admitted && !other.Ejected && other != endpoint);
        return others < context.Wanted || context.Ranking.Any(other => context.Strict.ClearlyWorse(other.Evidence!, evidence));
    }

    /// <summary>
    /// Compares with the boundary, and with the nearest better one instead when that has too few samples to speak of the tail: an endpoint
    /// with little traffic limits nobody else's judgement.
    /// </summary>
    private static bool IsOutlying(Comparison strict, Evidence one, List<EndpointEvaluation> goodEnough)
    {
        var needed = one.Supported(Comparison.Quantile, strict.Alpha);
        Predicate<EndpointEvaluation> speaks = other => other.Evidence!.Supported(Comparison.Quantile, strict.Alpha) >= needed;
        var (best, boundary) = (goodEnough.Find(speaks) ?? goodEnough[0], goodEnough.FindLast(speaks) ?? goodEnough[^1]);
        return strict.Outlying(one, boundary.Evidence!, best.Evidence!);
    }

    /// <summary>
    /// The place (from 0) in the ranking that stands for "good enough": the last wanted one, or better when better ones are waiting.
    /// </summary>
    private static int? BoundaryIndex(EvaluationContext context)
    {
        var ranked = context.Ranking.Count;
        if (ranked > context.Wanted) return context.Wanted - 1;
        var waiting = context.TrialCandidates.Count + (context.State.Trial is null ? 0 : 1);
        return waiting > 0 && ranked > 1 ? Math.Max(0, ranked - 1 - waiting) : null;
    }
}
