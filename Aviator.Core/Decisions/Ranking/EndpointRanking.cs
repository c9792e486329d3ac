namespace Aviator.Core.Decisions.Ranking;

/// <summary>The order of the endpoints that take part and are known.</summary>
internal static class EndpointRanking
{
    /// <summary>
    /// Above this quantile of the requests in flight an endpoint is hot: Prequal's Q_RIF, 2^-0.25 (Wydrowski et al., NSDI 2024).
    /// </summary>
    private const double HotQuantile = 0.84;

    /// <summary>Below so many requests in flight nothing is hot: a snapshot of few says little.</summary>
    private const long NeverHotBelow = 8;

    /// <summary>
    /// The ranked ones of <paramref name="endpoints"/>, best first: by the highest quantile, up to the 99th, that the fewest samples
    /// among them support; then median, requests in flight, name. Equal input in any order gives the same ranking.
    /// </summary>
    public static IReadOnlyList<EndpointEvaluation> Order(IEnumerable<EndpointEvaluation> endpoints)
    {
        var ranked = endpoints.Where(endpoint => endpoint.Ranked).ToList();
        if (ranked.Count == 0) return ranked;
        var quantile = ranked.Min(endpoint => endpoint.Evidence!.Supported(Comparison.Quantile, Comparison.Strict));
        return ranked
            .OrderBy(endpoint => endpoint.Evidence!.Estimate(quantile))
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

    /// <summary>Keys of the endpoints with far more requests in flight than the rest: among equals they leave first.</summary>
    public static HashSet<string> FindHot(IReadOnlyList<EndpointEvaluation> ranked)
    {
        if (ranked.Count < 2) return [];
        var flights = ranked.Select(endpoint => endpoint.Observed.Rif).Order().ToArray();
        var limit = Math.Max(flights[(int)(HotQuantile * (flights.Length - 1))], Math.Max(NeverHotBelow, 2 * flights[flights.Length / 2]));
        return ranked.Where(endpoint => endpoint.Observed.Rif > limit).Select(endpoint => endpoint.Key).ToHashSet(StringComparer.Ordinal);
    }
}
