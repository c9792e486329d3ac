namespace Aviator.Core.Slices;

/// <summary>What is known of a pod.</summary>
/// <param name="Ready">It may take new connections.</param>
/// <param name="Serving">It is ready apart from terminating.</param>
internal readonly record struct PodStanding(bool Ready, bool Serving)
{
    /// <summary>It was seen, and is no more.</summary>
    public static PodStanding Gone { get; } = new(false, false);
}

/// <summary>
/// What any replica may change in the slices of a Service without leading: a pod that is gone or not ready stops being listed as ready, as
/// Kubernetes would do it. No pod is added and no decision is taken, so two replicas that both do it do the same thing. The exception keeps
/// the rule that a Service never loses its last endpoint: where none would be left, the ready ones that a decision had put aside serve.
/// </summary>
internal static class SliceDepartures
{
    /// <param name="slices">The own slices of one Service.</param>
    /// <param name="standing">
    /// What is known of a pod, by its UID; null when nothing was ever seen of it, of which nothing is concluded.
    /// </param>
    /// <returns>The slices that change, as they should be, on the version that they were read at.</returns>
    public static IReadOnlyList<Slice> Plan(IReadOnlyCollection<Slice> slices, Func<string, PodStanding?> standing)
    {
        if (!slices.Any(slice => slice.Endpoints.Any(row => row.Ready && Standing(row) is { Ready: false }))) return [];
        var left = slices.Any(slice => slice.Endpoints.Any(row => row.Ready && Standing(row) is not { Ready: false }));
        return
        [
            .. slices.Select(slice => (Before: slice, After: slice with { Endpoints = slice.Endpoints.Select(Next).ToValueList() }))
                .Where(pair => !pair.Before.Endpoints.Equals(pair.After.Endpoints)).Select(pair => pair.After)
                .OrderByDescending(slice => slice.Endpoints.Any(row => row.Ready)).ThenBy(slice => slice.Name, StringComparer.Ordinal),
        ];

        PodStanding? Standing(SliceEndpoint row) => row.PodUid is { } uid ? standing(uid) : null;

        SliceEndpoint Next(SliceEndpoint row) => Standing(row) switch
        {
            { Ready: false } now when row.Ready => row with { Ready = false, Serving = row.Serving is null ? null : now.Serving },
            { Ready: true } when !left => row with { Ready = true, Serving = row.Serving is null ? null : true },
            _ => row,
        };
    }
}
