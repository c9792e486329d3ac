using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>Which hints the rows of a Service carry.</summary>
/// <param name="Zones">Each the zone whose clients should use it.</param>
/// <param name="Nodes">Each its node.</param>
internal readonly record struct HintKinds(bool Zones, bool Nodes);

/// <summary>
/// The rows that slices should hold for one subset: all of its endpoints, whatever the decision; steering shows in the conditions alone.
/// </summary>
internal static class SliceRows
{
    /// <summary>The decision that admits everyone: what slices say while a Service is taken over or handed back.</summary>
    public static Decision PlainMembership { get; } = new(new Dictionary<string, EndpointDecision>());

    public static IReadOnlyList<SliceEndpoint> Build(
        EndpointSubset subset, IReadOnlySet<string> admitted, HintKinds hints, Decision decision) =>
        [.. subset.Endpoints.Select(endpoint => Row(endpoint, admitted.Contains(endpoint.Key), hints) with
        {
            Breaker = decision.Endpoints.GetValueOrDefault(endpoint.Key)?.Breaker ?? default,
        })];

    /// <summary>
    /// What Kubernetes would write: the zone for <c>PreferClose</c>, <c>PreferSameZone</c> and <c>PreferSameNode</c>, and for the last the
    /// node, too; clients on a node without a pod go by the zones then.
    /// </summary>
    public static HintKinds HintsOf(ServiceShape service, IReadOnlyList<EndpointSubset> subsets) =>
        new(CanHint(service, subsets), service.Topology == TopologyMode.Node);

    /// <summary>
    /// Zone hints are all or nothing: one ready endpoint without a hint switches routing by zones off for the whole Service. Kubernetes
    /// leaves such a one among the ready ones; unselected here, it would let the hints of the others count. So they are written when every
    /// ready one has a zone, and otherwise not at all.
    /// </summary>
    public static bool CanHint(ServiceShape service, IReadOnlyList<EndpointSubset> subsets) =>
        service.Topology is TopologyMode.Zone or TopologyMode.Node
        && subsets.SelectMany(subset => subset.Endpoints).All(endpoint => !endpoint.Ready || endpoint.ServedZone is not null);

    /// <summary>Whether a row as read says what a row as wanted says; what an old server dropped from it cannot differ.</summary>
    public static bool Same(SliceEndpoint read, SliceEndpoint wanted) => read == wanted with
    {
        Serving = read.Serving is null ? null : wanted.Serving,
        Terminating = read.Terminating is null ? null : wanted.Terminating,
    };

    // An unselected pod is not serving either: some routers (Traefik) go by serving and not by ready.
    private static SliceEndpoint Row(PodEndpoint endpoint, bool admitted, HintKinds hints) => new()
    {
        Address = endpoint.Address,
        PodName = endpoint.PodName,
        PodUid = endpoint.Key,
        NodeName = endpoint.NodeName,
        Zone = endpoint.Zone,
        Hostname = endpoint.Hostname,
        Ready = endpoint.Ready && admitted,
        Serving = endpoint.PodReady && admitted,
        Terminating = endpoint.Terminating,
        Admitted = admitted,
        HintZones = hints.Zones && endpoint.ServedZone is { } zone ? [zone] : [],
        HintNodes = hints.Nodes && endpoint.NodeName is { } node ? [node] : [],
    };
}
