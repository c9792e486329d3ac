namespace Aviator.Core.Slices;

/// <summary>
/// <c>service.kubernetes.io/topology-mode: Auto</c>: Kubernetes lends pods of one zone to the clients of another, or withdraws all hints,
/// by what it did before. So no other can work its hints out; they are read from its own slices, which stand as long as the Service is not
/// steered itself.
/// </summary>
internal static class AutoHints
{
    /// <summary>
    /// The endpoints with the zones that Kubernetes hints. One that it does not list yet, beside others that have hints, is its own zone's:
    /// without any it would switch the hints of all others off for a moment.
    /// </summary>
    /// <param name="subsets">The membership.</param>
    /// <param name="slices">The slices of the Service; own ones are left out.</param>
    public static IReadOnlyList<EndpointSubset> Copy(IReadOnlyList<EndpointSubset> subsets, IEnumerable<Slice> slices)
    {
        var zones = slices.Where(slice => slice is { IsOwn: false, Deleting: false })
            .SelectMany(slice => slice.Endpoints, (slice, row) => (slice.Family, Row: row))
            .Where(entry => entry.Row is { PodUid: not null, HintZones.Count: 1 })
            .DistinctBy(entry => (entry.Family, entry.Row.PodUid))
            .ToDictionary(entry => (entry.Family, entry.Row.PodUid!), entry => entry.Row.HintZones[0]);
        if (zones.Count == 0) return subsets;
        return [.. subsets.Select(subset => subset with
        {
            Endpoints = subset.Endpoints.Select(endpoint => endpoint with
            {
                HintZone = zones.GetValueOrDefault((subset.Family, endpoint.Key)) ?? endpoint.Zone,
            }).ToValueList(),
        })];
    }

    /// <summary>The Service with a topology that says where its traffic stays now: Auto becomes Zone, or None.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="subsets">Its membership, by <see cref="Copy"/>.</param>
    public static ServiceShape Settle(ServiceShape service, IReadOnlyList<EndpointSubset> subsets) =>
        service.Topology != TopologyMode.Auto ? service : service with
        {
            Topology = subsets.Any(subset => subset.Endpoints.Any(endpoint => endpoint.HintZone is not null))
                ? TopologyMode.Zone
                : TopologyMode.None,
        };
}
