using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>
/// The last check before traffic moves: which pods are published as ready. It only ever adds to what the decision admits, for what the
/// decision cannot see: ports, address families, and the traffic policies under which kube-proxy looks at one node or zone alone.
/// </summary>
internal static class SelectionGuard
{
    /// <summary>The keys of the pods that are admitted, terminating ones included; readiness is for the rows to say.</summary>
    /// <remarks>
    /// For every address family and port: at least one ready pod when there is one (none admitted at all means every ready one: fail-open);
    /// under a Local traffic policy one per node that has a ready pod; with topology hints one per zone that has one.
    /// </remarks>
    public static IReadOnlySet<string> Admitted(ServiceShape service, IReadOnlyList<EndpointGroup> groups, Decision decision)
    {
        var admitted = groups.SelectMany(group => group.Members)
            .Select(member => member.Key)
            .Where(decision.Admits)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var ready in Reachable(groups))
        {
            if (!ready.Any(member => admitted.Contains(member.Key))) admitted.UnionWith(ready.Select(member => member.Key));
            if (service.KeepsOnePerNode || service.Topology == TopologyMode.Node)
                KeepOnePer(ready, member => member.NodeName, admitted, decision);
            if (service.Topology != TopologyMode.None) KeepOnePer(ready, member => member.Zone, admitted, decision);
        }

        // Nothing is ready: what is terminating but still serving is all there is, and kube-proxy falls back to it.
        if (!groups.SelectMany(group => group.Members).Any(member => member.Ready))
            admitted.UnionWith(groups.SelectMany(group => group.Members).Select(member => member.Key));
        return admitted;
    }

    /// <summary>The ready members behind each family and port of the Service.</summary>
    private static IEnumerable<List<Member>> Reachable(IReadOnlyList<EndpointGroup> groups) => groups
        .SelectMany(group => group.Ports.Select(port => (Port: (group.Family, port.Name, port.Protocol), group.Members)))
        .GroupBy(entry => entry.Port)
        .OrderBy(port => port.Key)
        .Select(port => port.SelectMany(entry => entry.Members).Where(member => member.Ready).ToList())
        .Where(ready => ready.Count > 0);

    private static void KeepOnePer(List<Member> ready, Func<Member, string?> place, HashSet<string> admitted, Decision decision)
    {
        var places = ready.Where(member => place(member) is not null).GroupBy(place).OrderBy(here => here.Key, StringComparer.Ordinal);
        foreach (var here in places.Where(here => !here.Any(member => admitted.Contains(member.Key))))
        {
            var kept = here.OrderBy(member => Reluctance(member, decision)).ThenBy(member => member.PodName, StringComparer.Ordinal);
            admitted.Add(kept.First().Key);
        }
    }

    /// <summary>An ejected pod is the last choice; among the others any fixed order keeps the selection still.</summary>
    private static int Reluctance(Member member, Decision decision) =>
        decision.Endpoints.TryGetValue(member.Key, out var verdict) && verdict.State == EndpointState.Ejected ? 1 : 0;
}
