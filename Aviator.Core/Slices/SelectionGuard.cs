using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>
/// The last check before traffic moves: which pods are published as ready. It only ever adds to what the decision admits, for what the
/// decision cannot see: ports, address families, and nodes or zones that kube-proxy looks at alone and that have changed since
/// (<see cref="RoutingDomains"/>).
/// </summary>
internal static class SelectionGuard
{
    /// <summary>The keys of the pods that are admitted, terminating ones included; readiness is for the rows to say.</summary>
    /// <remarks>
    /// For every address family and port: at least one ready pod when there is one (none admitted at all means every ready one: fail-open);
    /// under a Local traffic policy one per node that has a ready pod; with topology hints one per zone that has one.
    /// </remarks>
    public static IReadOnlySet<string> Admitted(ServiceShape service, IReadOnlyList<EndpointSubset> subsets, Decision decision)
    {
        var admitted = subsets.SelectMany(subset => subset.Endpoints)
            .Select(endpoint => endpoint.Key)
            .Where(decision.Admits)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var ready in Reachable(subsets))
        {
            if (!ready.Any(endpoint => admitted.Contains(endpoint.Key))) admitted.UnionWith(ready.Select(endpoint => endpoint.Key));
            if (service.KeepsOnePerNode || service.Topology == TopologyMode.Node)
                KeepOnePer(ready, endpoint => endpoint.NodeName, admitted, decision);
            if (service.Topology != TopologyMode.None) KeepOnePer(ready, endpoint => endpoint.ServedZone, admitted, decision);
        }

        // Nothing is ready: what is terminating but still serving is all there is, and kube-proxy falls back to it.
        if (!subsets.SelectMany(subset => subset.Endpoints).Any(endpoint => endpoint.Ready))
            admitted.UnionWith(subsets.SelectMany(subset => subset.Endpoints).Select(endpoint => endpoint.Key));
        return admitted;
    }

    /// <summary>The ready endpoints behind each family and port of the Service.</summary>
    private static IEnumerable<List<PodEndpoint>> Reachable(IReadOnlyList<EndpointSubset> subsets) => subsets
        .SelectMany(subset => subset.Ports.Select(port => (Port: (subset.Family, port.Name, port.Protocol), subset.Endpoints)))
        .GroupBy(entry => entry.Port)
        .OrderBy(port => port.Key)
        .Select(port => port.SelectMany(entry => entry.Endpoints).Where(endpoint => endpoint.Ready).ToList())
        .Where(ready => ready.Count > 0);

    private static void KeepOnePer(List<PodEndpoint> ready, Func<PodEndpoint, string?> place, HashSet<string> admitted, Decision decision)
    {
        var places = ready.Where(endpoint => place(endpoint) is not null).GroupBy(place).OrderBy(here => here.Key, StringComparer.Ordinal);
        foreach (var here in places.Where(here => !here.Any(endpoint => admitted.Contains(endpoint.Key))))
        {
            var kept = here
                .OrderBy(endpoint => Reluctance(endpoint, decision))
                .ThenBy(endpoint => endpoint.PodName, StringComparer.Ordinal)
                .First();
            admitted.Add(kept.Key);
        }
    }

    /// <summary>An ejected pod is the last choice; among the others any fixed order keeps the selection still.</summary>
    private static int Reluctance(PodEndpoint endpoint, Decision decision) =>
        decision.Endpoints.TryGetValue(endpoint.Key, out var verdict) && verdict.State == EndpointState.Ejected ? 1 : 0;
}
