namespace Aviator.Core.Decisions.Ranking;

/// <summary>
/// Distribution-free confidence bounds of a quantile, from order statistics: the number of samples above the true quantile q of n samples
/// is binomial (n, 1 - q), whatever the distribution (David and Nagaraja, Order Statistics, section 7.1).
/// </summary>
internal static class OrderStatistics
{
    /// <summary>Expected samples on either side from which the normal approximation is exact to less than a rank.</summary>
    private const double NormalFrom = 100;

    /// <summary>
    /// The highest quantile, at most <paramref name="wanted"/>, of which <paramref name="samples"/> samples bound the upper side with error
    /// probability <paramref name="alpha"/>: 20 samples say nothing of the 99th percentile from above, but do of the 70th.
    /// </summary>
    public static double Supported(long samples, double wanted, double alpha) =>
        samples <= 0 ? 0 : Math.Min(wanted, Math.Pow(alpha, 1.0 / samples));

    /// <summary>Rank (1-based; 0 is "no bound") of the sample that the quantile is at or above, but for error probability alpha.</summary>
    public static long LowerRank(long samples, double quantile, double alpha)
    {
        var above = AtLeast(samples, 1 - quantile, 1 - alpha);
        return Math.Max(0, samples - above);
    }

    /// <summary>
    /// Rank (1-based) of the sample that the quantile is at or below, but for error probability alpha; null when no sample is.
    /// </summary>
    public static long? UpperRank(long samples, double quantile, double alpha)
    {
        // At the highest quantile that is supported, the probability is alpha but for rounding.
        var above = AtLeast(samples, 1 - quantile, alpha * (1 + 1e-9), strictlyBelow: true);
        return above < 0 ? null : samples - above;
    }

    /// <summary>
    /// The least m with P(Binomial(n, p) ≤ m) ≥ level; or the largest m with P(…) ≤ level, -1 when there is none.
    /// </summary>
    private static long AtLeast(long n, double p, double level, bool strictlyBelow = false)
    {
        var mean = n * p;
        if (mean > NormalFrom && n - mean > NormalFrom)
        {
            var at = mean - 0.5 + (NormalQuantile(level) * Math.Sqrt(mean * (1 - p)));
            return strictlyBelow ? (long)Math.Floor(at) : (long)Math.Ceiling(at);
        }

        // Of the rarer kind there are few, so the terms are few, and the first is not too small to begin with.
        if (p > 0.5) return n - 1 - AtLeast(n, 1 - p, 1 - level, !strictlyBelow);
        var term = Math.Pow(1 - p, n);
        var sum = 0.0;
        for (long m = 0; m <= n; m++)
        {
            sum += term;
            if (strictlyBelow ? sum > level : sum >= level) return strictlyBelow ? m - 1 : m;
            term *= (double)(n - m) / (m + 1) * (p / (1 - p));
        }

        return n;
    }

    /// <summary>Inverse of the standard normal distribution (Abramowitz and Stegun 26.2.23; error below 4.5e-4).</summary>
    internal static double NormalQuantile(double level)
    {
        var tail = Math.Min(level, 1 - level);
        var t = Math.Sqrt(-2 * Math.Log(tail));
        var z = t - ((2.515517 + (0.802853 * t) + (0.010328 * t * t)) / (1 + (1.432788 * t) + (0.189269 * t * t) + (0.001308 * t * t * t)));
        return level < 0.5 ? -z : z;
    }
}
