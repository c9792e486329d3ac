using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Ranking;

/// <summary>The order of the endpoints that take part and are known.</summary>
internal static class EndpointRanking
{
    /// <summary>
    /// The ranked ones of <paramref name="endpoints"/>, best first: each by the highest quantile, up to the 99th, that its own samples
    /// support, as a multiple of the same quantile of all together; then median, requests in flight, name. So an endpoint with few samples
    /// is placed by what it can tell, and does not keep the others from being told apart by more. Equal input in any order gives the same
    /// ranking.
    /// </summary>
    public static IReadOnlyList<EndpointEvaluation> Order(IEnumerable<EndpointEvaluation> endpoints)
    {
        var ranked = endpoints.Where(endpoint => endpoint.Ranked).ToArray();
        if (ranked.Length == 0) return ranked;
        var all = LatencyHistogram.Sum(ranked.Select(endpoint => endpoint.Evidence!.Latency));
        var multiples = Array.ConvertAll(ranked, endpoint => Multiple(endpoint.Evidence!, all));
        Array.Sort(multiples, ranked); // by the numbers alone, and what they leave equal by the rest: most differ in them
        for (var (from, to) = (0, 1); to <= ranked.Length; to++)
        {
            if (to < ranked.Length && multiples[to].Equals(multiples[from])) continue;
            if (to - from > 1) Array.Sort(ranked, from, to - from, Comparer<EndpointEvaluation>.Create(CompareAlike));
            from = to;
        }

        return ranked;
    }

    /// <summary>Gives each endpoint its place in <paramref name="ranking"/>, from 1.</summary>
    public static void AssignRanks(IReadOnlyList<EndpointEvaluation> ranking)
    {
        for (var i = 0; i < ranking.Count; i++) ranking[i].Rank = i + 1;
    }

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
