using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Ranking;

/// <summary>The order of the endpoints that take part and are known.</summary>
internal static class EndpointRanking
{
    /// <summary>
    /// Puts the <paramref name="ranked"/> ones in order, best first: each by the highest quantile, up to the 99th, that its own samples
    /// support, as a multiple of the same quantile of all together; then median, requests in flight, name. So an endpoint with few samples
    /// is placed by what it can tell, and does not keep the others from being told apart by more. Equal input in any order gives the same
    /// ranking.
    /// </summary>
    /// <param name="ranked">Endpoints with evidence.</param>
    /// <param name="all">The samples of all of them together.</param>
    public static void Sort(EndpointEvaluation[] ranked, LatencyHistogram all) =>
        TwoLevelSort.Sort(ranked, Array.ConvertAll(ranked, endpoint => Multiple(endpoint.Evidence!, all)), CompareAlike);

    private static int CompareAlike(EndpointEvaluation one, EndpointEvaluation other)
    {
        var order = one.Evidence!.P50.CompareTo(other.Evidence!.P50);
        if (order == 0) order = one.Observed.Rif.CompareTo(other.Observed.Rif);
        if (order == 0) order = string.CompareOrdinal(one.Observed.Name, other.Observed.Name);
        return order == 0 ? string.CompareOrdinal(one.Key, other.Key) : order;
    }

    private static double Multiple(Evidence evidence, LatencyHistogram all)
    {
        var quantile = evidence.Supported(Comparison.Quantile, Comparison.Strict);
        var common = all.Quantile(quantile) ?? TimeSpan.Zero;
        return evidence.Estimate(quantile) / (common > TimeSpan.Zero ? common : TimeSpan.FromTicks(1));
    }
}
