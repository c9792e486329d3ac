namespace Aviator.Core.Decisions;

/// <summary>Stage 3: the order of the endpoints that take part and are known.</summary>
internal static class Ranking
{
    /// <summary>Above this quantile of the requests in flight an endpoint is hot (Prequal's Q_RIF, 2^-0.25).</summary>
    private const double HotQuantile = 0.84;

    /// <summary>Below so many requests in flight nothing is hot: a snapshot of few says little.</summary>
    private const long NeverHotBelow = 8;

    /// <summary>
    /// The ranked endpoints, best first: by the highest quantile, up to the 99th, that the fewest samples among them support; then median,
    /// requests in flight, name. Equal input in any order gives the same ranking.
    /// </summary>
    public static IReadOnlyList<Subject> Of(Context context)
    {
        var ranked = context.Subjects.Where(subject => subject.Ranked).ToList();
        if (ranked.Count == 0) return ranked;
        var quantile = ranked.Min(subject => subject.Evidence!.Supported(Comparison.Quantile, Comparison.Strict));
        var order = ranked
            .OrderBy(subject => subject.Evidence!.Estimate(quantile))
            .ThenBy(subject => subject.Evidence!.P50)
            .ThenBy(subject => subject.Seen.Rif)
            .ThenBy(subject => subject.Seen.Name, StringComparer.Ordinal)
            .ThenBy(subject => subject.Key, StringComparer.Ordinal)
            .ToList();
        for (var i = 0; i < order.Count; i++) order[i].Rank = i + 1;
        return order;
    }

    /// <summary>Endpoints with far more requests in flight than the rest: among equals they go first.</summary>
    public static HashSet<string> Hot(IReadOnlyList<Subject> ranked)
    {
        if (ranked.Count < 2) return [];
        var flights = ranked.Select(subject => subject.Seen.Rif).Order().ToArray();
        var limit = Math.Max(flights[(int)(HotQuantile * (flights.Length - 1))], Math.Max(NeverHotBelow, 2 * flights[flights.Length / 2]));
        return ranked.Where(subject => subject.Seen.Rif > limit).Select(subject => subject.Key).ToHashSet(StringComparer.Ordinal);
    }
}
