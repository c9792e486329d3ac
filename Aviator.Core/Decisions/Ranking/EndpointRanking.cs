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
        var ranked = endpoints.Where(endpoint => endpoint.Ranked).ToList();
        if (ranked.Count == 0) return ranked;
        var all = LatencyHistogram.Sum(ranked.Select(endpoint => endpoint.Evidence!.Latency));
        return ranked
            .OrderBy(endpoint => Multiple(endpoint.Evidence!, all))
            .ThenBy(endpoint => endpoint.Evidence!.P50)
            .ThenBy(endpoint => endpoint.Observed.Rif)
            .ThenBy(endpoint => endpoint.Observed.Name, StringComparer.Ordinal)
            .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal)
            .ToList();
    }

    /// <summary>Gives each endpoint its place in <paramref name="ranking"/>, from 1.</summary>
    public static void AssignRanks(IReadOnlyList<EndpointEvaluation> ranking)
    {
        for (var i = 0; i < ranking.Count; i++) ranking[i].Rank = i + 1;
    }

    private static double Multiple(Evidence evidence, LatencyHistogram all)
    {
        var quantile = evidence.Supported(Comparison.Quantile, Comparison.Strict);
        var common = all.Quantile(quantile) ?? TimeSpan.Zero;
        return evidence.Estimate(quantile) / (common > TimeSpan.Zero ? common : TimeSpan.FromTicks(1));
    }
}
