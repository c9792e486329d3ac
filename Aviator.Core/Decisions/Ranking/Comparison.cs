namespace Aviator.Core.Decisions.Ranking;

/// <summary>Separates a real difference between two endpoints from a tie.</summary>
/// <param name="Margin">How far apart, as a share, their latencies must be: 0.2 is 20 %.</param>
/// <param name="Alpha">Error probability of each bound.</param>
/// <param name="Amount">How far apart they must be as well, as a time.</param>
internal readonly record struct Comparison(double Margin, double Alpha, TimeSpan Amount = default)
{
    /// <summary>The quantile that ranks, in every mode so far.</summary>
    public const double Quantile = 0.99;

    /// <summary>
    /// Of each bound, in decisions that last. Small because the slowest of 100 equal endpoints is compared every few seconds: at 0.001 the
    /// two bounds are 6.2 standard errors apart, the extremes of 100 equal endpoints 5.0.
    /// </summary>
    public const double Strict = 0.001;

    /// <summary>Of each bound, to end a trial: five samples suffice, and an error costs a pause.</summary>
    public const double Loose = 0.035;

    /// <summary>A histogram's bucket is up to 6.25 % wide: nearer values look the same.</summary>
    public const double Resolution = 0.0625;

    /// <summary>
    /// Whether <paramref name="one"/> is slower than <paramref name="other"/> beyond error and margin: at the highest quantile that the
    /// samples of both support, or, when that is a tie, at the median.
    /// </summary>
    public bool ClearlyWorse(Evidence one, Evidence other)
    {
        var tail = Math.Min(one.Supported(Quantile, Alpha), other.Supported(Quantile, Alpha));
        if (Differs(one, other, tail)) return true;
        if (Differs(other, one, tail)) return false;
        return tail > 0.5 && Differs(one, other, 0.5);
    }

    /// <summary>Whether <paramref name="one"/> is slower than <paramref name="other"/> at the median, beyond error and margin.</summary>
    public bool ClearlySlower(Evidence one, Evidence other) => Differs(one, other, 0.5);

    /// <summary>
    /// Whether <paramref name="one"/> is worse than the boundary, and not merely as the tail of what spreads that wide anyway: it must be
    /// twice as far (on the scale of ratios) from the boundary as the boundary is from the best. Where requests queue, samples are not
    /// independent and equal endpoints spread far wider than <see cref="ClearlyWorse"/> can know.
    /// </summary>
    public bool Outlying(Evidence one, Evidence boundary, Evidence best)
    {
        if (!ClearlyWorse(one, boundary)) return false;
        var tail = Math.Min(one.Supported(Quantile, Alpha), Math.Min(boundary.Supported(Quantile, Alpha), best.Supported(Quantile, Alpha)));
        return Apart(one, boundary, best, tail) || (tail > 0.5 && Apart(one, boundary, best, 0.5));
    }

    private static bool Apart(Evidence one, Evidence boundary, Evidence best, double quantile)
    {
        var spread = boundary.Estimate(quantile) / best.Estimate(quantile);
        return one.Estimate(quantile) / boundary.Estimate(quantile) > Math.Max(1, spread * spread);
    }

    /// <summary>Whether the endpoint's latency is above <paramref name="limit"/> beyond error and margin.</summary>
    public bool ClearlyAbove(Evidence one, TimeSpan limit, double quantile) =>
        one.Estimate(quantile) > limit * (1 + Margin) && one.Lower(quantile, Alpha) > limit;

    private bool Differs(Evidence slow, Evidence fast, double quantile)
    {
        // The estimates cost less than their bounds, and most endpoints are too near each other by them.
        var (one, other) = (slow.Estimate(quantile), fast.Estimate(quantile));
        if (one <= other * (1 + Margin) || one <= other + Amount) return false;
        return slow.Lower(quantile, Alpha) > fast.Upper(quantile, Alpha);
    }
}
