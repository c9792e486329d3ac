using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions.Trials;

/// <summary>What is in service, as far as an endpoint without traffic is compared with it.</summary>
/// <param name="Best">The best ranked endpoint; null when none is ranked.</param>
/// <param name="Worst">The worst ranked one; the best itself when it is the only one.</param>
/// <param name="HasOutlier">The worst stands out as slow, so there is something to gain.</param>
internal sealed record TrialBaseline(Evidence? Best, Evidence? Worst, bool HasOutlier)
{
    /// <summary>The baseline of the present ranking.</summary>
    public static TrialBaseline FromRanking(EvaluationContext context)
    {
        var ranked = context.Ranking;
        if (context.Middle is not { } middle) return new(null, null, false);
        var (best, worst) = (ranked[0].Evidence!, ranked[^1].Evidence!);
        return new(best, worst, ranked.Count > 1 && context.Strict.Outlying(worst, middle, best));
    }

    /// <summary>
    /// Whether what is expected is so many times as fast as the worst in service, beyond that one's error: by the median, or by the tail
    /// with a median that is no slower by more than dampening allows.
    /// </summary>
    public bool WorstIsSlower(EvaluationContext context, ExpectedLatency expected, double factor)
    {
        if (Worst is not { } worst) return false;
        var alpha = context.Strict.Alpha;
        if (expected.P50 * factor < worst.Lower(0.5, alpha)) return true;
        var tail = worst.Supported(Comparison.Quantile, alpha);
        return expected.P99 * factor < worst.Lower(tail, alpha) && expected.P50 <= worst.P50 * (1 + context.Strict.Margin);
    }
}
