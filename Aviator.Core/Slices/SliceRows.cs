using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>
/// The rows that slices should hold for one subset: all of its endpoints, whatever the decision; steering shows in the conditions alone.
/// </summary>
internal static class SliceRows
{
    /// <summary>The decision that admits everyone: what slices say while a Service is taken over or handed back.</summary>
    public static Decision PlainMembership { get; } = new(new Dictionary<string, EndpointDecision>());

    public static IReadOnlyList<SliceEndpoint> Build(EndpointSubset subset, IReadOnlySet<string> admitted, bool hints, Decision decision) =>
        [.. subset.Endpoints.Select(endpoint => Row(endpoint, admitted.Contains(endpoint.Key), hints) with
        {
            Breaker = decision.Endpoints.GetValueOrDefault(endpoint.Key)?.Breaker ?? default,
        })];

    /// <summary>
    /// Zone hints are all or nothing: one ready endpoint without a hint switches topology routing off for the whole Service, so they are
    /// written when every ready one has a zone, and otherwise not at all, as the default controller does.
    /// </summary>
    public static bool CanHint(ServiceShape service, IReadOnlyList<EndpointSubset> subsets) =>
        service.Topology is TopologyMode.Zone or TopologyMode.Node
        && subsets.SelectMany(subset => subset.Endpoints).Where(endpoint => endpoint.Ready).All(endpoint => endpoint.Zone is not null);

    /// <summary>Whether a row as read says what a row as wanted says; what an old server dropped from it cannot differ.</summary>
    public static bool Same(SliceEndpoint read, SliceEndpoint wanted) => read == wanted with
    {
        Serving = read.Serving is null ? null : wanted.Serving,
        Terminating = read.Terminating is null ? null : wanted.Terminating,
    };

    // An unselected pod is not serving either: some routers (Traefik) go by serving and not by ready.
    private static SliceEndpoint Row(PodEndpoint endpoint, bool admitted, bool hints) => new()
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
        HintZones = hints && endpoint.Zone is { } zone ? [zone] : [],
    };
}
