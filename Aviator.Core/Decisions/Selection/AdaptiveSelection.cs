using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// adaptive: everyone but outliers, which are slower than the middle endpoint by a factor and by an amount of time, beyond error. It names
/// no number of endpoints and no latency, so it fits a Service that answers in 2 ms as it fits one that takes 2 s.
/// </summary>
internal class AdaptiveSelection : ISelectionMode
{
    /// <summary>An outlier takes more than so many times as long as the middle endpoint.</summary>
    private const double OutlierFactor = 2;

    /// <summary>
    /// What comes back is at most so many times as slow: nearer than what leaves, or the same endpoint would go in and out.
    /// </summary>
    private const double ReturnFactor = 1.5;

    /// <summary>A smaller difference is nobody's trouble, however many times it is of a short answer.</summary>
    protected static readonly TimeSpan OutlierAmount = TimeSpan.FromMilliseconds(1);

    public virtual string Name => "adaptive";

    /// <summary>Being an outlier is relative to the middle one, so half stay.</summary>
    public int CountWanted(PolicySettings settings, int ready) => Math.Max(1, (ready + 1) / 2);

    public virtual IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context)
    {
        if (context.Middle is not { } middle) return [];
        var (best, far) = (context.Ranking[0].Evidence!, Far(context.Strict));
        return [.. context.Ranking.Where(endpoint => far.Outlying(endpoint.Evidence!, middle, best)
            || (far.ClearlyWorse(endpoint.Evidence!, middle) && context.IsSlowerByNature(endpoint.Evidence!, middle)))];
    }

    public string ExplainExclusion(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var (evidence, middle) = (endpoint.Evidence!, context.Middle!);
        return $"unselected: {LatencyText.Describe(evidence)}, against p99 {LatencyText.Format(middle.P99)} of the middle endpoint";
    }

    public int CountProbesNeeded(TrialBaseline baseline) => baseline.HasOutlier ? ProbeRuns.Short : ProbeRuns.Long;

    public bool IsBad(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        context.Middle is { } middle && !IsWithin(expected, middle, OutlierFactor) && !ReplacesOutlier(context, baseline, expected);

    public bool IsGain(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        context.Middle is { } middle
        && (IsWithin(expected, middle, ReturnFactor) || ReplacesOutlier(context, baseline, expected));

    /// <summary>
    /// That of an outlier, or more where what is on trial is to take the place of one: as long as would be a gain, and no longer than a
    /// window, for the p99 of what fails is the histogram's end.
    /// </summary>
    public TimeSpan? TrialLimit(EvaluationContext context)
    {
        if (context.Middle is not { } middle) return null;
        var (limit, longest) = (middle.P99 * OutlierFactor, context.Settings.Measurement.Window);
        if (TrialBaseline.FromRanking(context) is not { HasOutlier: true, Worst: { } worst }) return limit;
        var gain = worst.P99 / OutlierFactor < longest ? worst.P99 / OutlierFactor : longest;
        return gain > limit ? gain : limit;
    }

    public bool IsWorseInTrial(EvaluationContext context, Evidence evidence) => context.Middle is { } middle
        && Far(context.Loose).ClearlyWorse(evidence, middle)
        && !ReplacesOutlier(context, TrialBaseline.FromRanking(context), ExpectedLatency.By(evidence));

    public bool StaysAfterTrial(EvaluationContext context, EndpointEvaluation endpoint, Evidence evidence) =>
        context.Middle is null || IsGain(context, TrialBaseline.FromRanking(context), ExpectedLatency.By(evidence));

    /// <summary>
    /// An outlier in use that may not leave, for half must stay: whoever is faster by a factor is worth its place, whatever the best do.
    /// </summary>
    private static bool ReplacesOutlier(EvaluationContext context, TrialBaseline baseline, ExpectedLatency expected) =>
        baseline.HasOutlier && baseline.WorstIsSlower(context, expected, OutlierFactor);

    private static Comparison Far(Comparison comparison) => comparison with { Margin = OutlierFactor - 1, Amount = OutlierAmount };

    private static bool IsWithin(ExpectedLatency expected, Evidence middle, double factor) =>
        expected.P50 <= Limit(middle.P50, factor) && expected.P99 <= Limit(middle.P99, factor);

    private static TimeSpan Limit(TimeSpan middle, double factor) =>
        middle * factor > middle + OutlierAmount ? middle * factor : middle + OutlierAmount;
}
