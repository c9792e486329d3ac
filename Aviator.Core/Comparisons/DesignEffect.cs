using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Comparisons;

/// <summary>
/// How far requests are from being independent. What is slow for one request is often slow for the next ones too (a collection of garbage,
/// a neighbour, a cold cache), so a thousand requests tell less than a thousand independent ones would. The spread of a share between spans
/// of time and endpoints, over what chance alone would give, says how much less: the design effect of samples taken in clusters (Kish,
/// Survey Sampling, 1965, section 5.4).
/// </summary>
internal static class DesignEffect
{
    /// <summary>Fewer clusters say nothing of the spread between them.</summary>
    private const int LeastClusters = 4;

    /// <summary>The number of independent requests that <paramref name="clusters"/> are worth; 0 when that cannot be told.</summary>
    /// <param name="clusters">Of each span: its requests, and how many of them count.</param>
    /// <param name="error">Error probability of the bounds that it is for.</param>
    public static double Effective(IReadOnlyCollection<(long Requests, long Counted)> clusters, double error)
    {
        var filled = clusters.Where(cluster => cluster.Requests > 0).ToList();
        if (filled.Count < LeastClusters) return 0;
        var (requests, counted) = (filled.Sum(cluster => cluster.Requests), filled.Sum(cluster => cluster.Counted));
        if (counted == 0 || counted == requests) return requests;
        var share = (double)counted / requests;
        var between = filled.Sum(cluster => Math.Pow(cluster.Counted - (share * cluster.Requests), 2));
        var spread = between * filled.Count / (filled.Count - 1) / (requests * share * (1 - share));
        // The spread itself is an estimate, by few clusters: Student's distribution in place of the normal one allows for that.
        return requests / Math.Max(1, spread * Math.Pow(StudentOverNormal(filled.Count - 1, error), 2));
    }

    /// <summary>
    /// The quantile of Student's distribution over that of the normal one, by the first terms of its expansion (Abramowitz and Stegun
    /// 26.7.5); within 1 % from 3 degrees of freedom on, for errors down to 0.025.
    /// </summary>
    private static double StudentOverNormal(int freedom, double error)
    {
        var z = OrderStatistics.NormalQuantile(1 - error);
        var (z2, v) = (z * z, (double)freedom);
        return 1 + ((z2 + 1) / (4 * v)) + (((5 * z2 * z2) + (16 * z2) + 3) / (96 * v * v))
            + (((3 * z2 * z2 * z2) + (19 * z2 * z2) + (17 * z2) - 15) / (384 * v * v * v));
    }
}
