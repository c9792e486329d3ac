using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>Reads the selection back from the slices, so that a restart changes nothing, even with no other memory.</summary>
internal static class PublishedSelection
{
    /// <summary>
    /// The decision that the own slices of a Service carry out now. Pods that no slice lists yet are not in it, and so are admitted, like
    /// any that come after a decision.
    /// </summary>
    public static Decision Read(ServiceShape service, IReadOnlyList<EndpointSubset> subsets, IEnumerable<Slice> slices)
    {
        var published = slices.Where(slice => slice.IsOwn && !slice.Deleting && slice.OwnerUid == service.SliceOwner.Uid)
            .SelectMany(slice => slice.Endpoints)
            .Where(row => row.PodUid is not null)
            .ToLookup(row => row.PodUid!, StringComparer.Ordinal);
        return new Decision(subsets.SelectMany(subset => subset.Endpoints)
            .Where(endpoint => published.Contains(endpoint.Key))
            .DistinctBy(endpoint => endpoint.Key)
            .Select(endpoint => Verdict(endpoint.Key, [.. published[endpoint.Key]]))
            .ToDictionary(verdict => verdict.Key, StringComparer.Ordinal));
    }

    /// <summary>A pod with addresses of two families has a row in a slice of each; both say the same unless a write is missing.</summary>
    private static EndpointDecision Verdict(string key, IReadOnlyList<SliceEndpoint> rows)
    {
        var verdict = rows.Any(row => row.Admitted)
            ? new EndpointDecision(key, 1, EndpointState.Selected, "selected: as published before the restart")
            : new EndpointDecision(key, 0, EndpointState.Unselected, "unselected: as published before the restart");
        return verdict with { Breaker = rows.Select(row => row.Breaker).FirstOrDefault(mark => mark.Phase != BreakerPhase.Closed) };
    }
}
