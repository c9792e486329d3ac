namespace Aviator.Core.Comparisons;

/// <summary>What a candidate is held to beside its baseline.</summary>
public sealed record ComparisonTerms
{
    /// <summary>The quantile of latency that is compared, 0.5 to 0.999.</summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>By how much of the baseline's latency the candidate may be slower, 0 or more: 0.25 is a quarter.</summary>
    public double Tolerance { get; init; } = 0.25;

    /// <summary>A candidate that is slower by less than this is not slower: a quarter of 1 ms is nothing that anybody waits for.</summary>
    public TimeSpan LeastDifference { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>By how much the candidate's share of failures may be above the baseline's, 0 to 1: 0.01 is one of a hundred more.</summary>
    public double FailureTolerance { get; init; } = 0.01;

    /// <summary>Probability with which both bounds of a comparison hold, above 0.5 and below 1.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The candidate's highest latency beside a baseline of <paramref name="latency"/> that is not slower.</summary>
    internal TimeSpan Allowed(TimeSpan latency)
    {
        var (relative, absolute) = (latency * (1 + Tolerance), latency + LeastDifference);
        return relative > absolute ? relative : absolute;
    }

    /// <summary>Error probability of one bound: a comparison needs one of each version.</summary>
    internal double BoundError => (1 - Confidence) / 2;
}
