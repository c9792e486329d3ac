using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Measurement;

namespace Aviator.Core.Comparisons;

/// <summary>A quantile of latency and between which values it is certain to be, as far as the terms ask.</summary>
/// <param name="Value">The quantile of what was measured; null without samples.</param>
/// <param name="Low">It is no less than this.</param>
/// <param name="High">It is no more than this; null when nothing bounds it.</param>
public sealed record LatencyBounds(TimeSpan? Value, TimeSpan Low, TimeSpan? High)
{
    /// <summary>The bounds of a quantile, by order statistics of as many independent samples as there are in effect.</summary>
    internal static LatencyBounds Of(LatencyHistogram latency, double effective, double quantile, double error)
    {
        var samples = (long)effective;
        if (samples <= 0) return new(latency.Quantile(quantile), TimeSpan.Zero, null);
        var (lower, upper) = (OrderStatistics.LowerRank(samples, quantile, error), OrderStatistics.UpperRank(samples, quantile, error));
        var scale = latency.Count / (double)samples;
        return new(
            latency.Quantile(quantile),
            lower == 0 ? TimeSpan.Zero : latency.AtRank(lower * scale)!.Value,
            upper is { } rank ? latency.AtRank(rank * scale) : null);
    }
}

/// <summary>A share of requests and between which values it is certain to be, as far as the terms ask; all from 0 to 1.</summary>
/// <param name="Value">The share of what was measured; null without requests.</param>
/// <param name="Low">It is no less than this.</param>
/// <param name="High">It is no more than this.</param>
public sealed record ShareBounds(double? Value, double Low, double High)
{
    /// <summary>
    /// The bounds of a share by Wilson's score interval, which holds near 0 too (Brown, Cai and DasGupta, Interval Estimation for a
    /// Binomial Proportion, 2001).
    /// </summary>
    internal static ShareBounds Of(long counted, long requests, double effective, double error)
    {
        if (requests == 0 || effective < 1) return new(requests == 0 ? null : (double)counted / requests, 0, 1);
        var (share, z) = ((double)counted / requests, OrderStatistics.NormalQuantile(1 - error));
        var square = z * z / effective;
        var middle = (share + (square / 2)) / (1 + square);
        var half = z / (1 + square) * Math.Sqrt((share * (1 - share) / effective) + (square / (4 * effective)));
        return new(share, Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
