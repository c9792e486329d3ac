namespace Aviator.Core.Slices;

/// <summary>
/// The sets of endpoints that the same clients reach. Traffic does not move between them, so each is decided by itself: what leaves one
/// zone would leave its load to the rest of that zone alone, however much room there is in others.
/// </summary>
internal static class RoutingDomains
{
    /// <summary>
    /// Names the domain of an endpoint: its node where traffic stays on the node (a Local traffic policy, <c>PreferSameNode</c>), its zone
    /// where hints keep it in the zone, and otherwise the empty name, one for all.
    /// </summary>
    /// <param name="service">The Service, its topology settled (<see cref="AutoHints"/>).</param>
    /// <param name="subsets">Its membership.</param>
    public static Func<PodEndpoint, string> Of(ServiceShape service, IReadOnlyList<EndpointSubset> subsets)
    {
        if (service.KeepsOnePerNode || service.Topology == TopologyMode.Node)
            return endpoint => endpoint.NodeName is { } node ? $"node {node}" : "";
        return SliceRows.CanHint(service, subsets) ? endpoint => $"zone {endpoint.ServedZone}" : _ => "";
    }
}
