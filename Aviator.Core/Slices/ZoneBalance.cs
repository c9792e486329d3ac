namespace Aviator.Core.Slices;

/// <summary>
/// Whether zones can serve themselves, as <c>service.kubernetes.io/topology-mode: Auto</c> asks: Kubernetes writes hints only where each
/// zone has endpoints for its share of the cluster's CPU, within 20 % of overload, and otherwise lets traffic go anywhere.
/// </summary>
/// <remarks>
/// Where zones are uneven, Kubernetes may also lend endpoints to other zones. That is not done here: such a Service gets no hints, and so
/// never a zone that is left to too few.
/// </remarks>
internal static class ZoneBalance
{
    /// <summary>The load above its share that a zone may take: the default of Kubernetes.</summary>
    private const double Overload = 0.2;

    /// <summary>The Service with a topology that says where its traffic stays now: Auto becomes Zone, or None.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="subsets">Its membership.</param>
    /// <param name="cpuByZone">Allocatable CPU, in cores, of the nodes that may serve, by zone; empty when a node does not say.</param>
    public static ServiceShape Settle(
        ServiceShape service, IReadOnlyList<EndpointSubset> subsets, IReadOnlyDictionary<string, double> cpuByZone) =>
        service.Topology != TopologyMode.Auto
            ? service
            : service with { Topology = IsBalanced(subsets, cpuByZone) ? TopologyMode.Zone : TopologyMode.None };

    private static bool IsBalanced(IReadOnlyList<EndpointSubset> subsets, IReadOnlyDictionary<string, double> cpuByZone)
    {
        if (cpuByZone.Count < 2 || cpuByZone.Values.Sum() is not (> 0 and var all)) return false;
        var zones = subsets.SelectMany(subset => subset.Endpoints).Where(endpoint => endpoint.Ready)
            .DistinctBy(endpoint => endpoint.Key).Select(endpoint => endpoint.Zone).ToList();
        if (zones.Exists(zone => zone is null)) return false;
        return cpuByZone.All(zone =>
            zones.Count(one => one == zone.Key) >= Math.Ceiling(zones.Count * zone.Value / all / (1 + Overload)));
    }
}
