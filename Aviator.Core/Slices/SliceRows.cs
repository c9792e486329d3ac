using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>
/// The rows that slices should hold for one group: all members, whatever the decision; steering shows in the conditions alone.
/// </summary>
internal static class SliceRows
{
    /// <summary>The decision that admits everyone: what slices say while a Service is taken over or handed back.</summary>
    public static Decision PlainMembership { get; } = new(new Dictionary<string, EndpointDecision>());

    public static IReadOnlyList<SliceEndpoint> Of(EndpointGroup group, IReadOnlySet<string> admitted, bool hints, Decision decision) =>
        [.. group.Members.Select(member => Row(member, admitted.Contains(member.Key), hints) with
        {
            Breaker = decision.Endpoints.GetValueOrDefault(member.Key)?.Breaker ?? default,
        })];

    /// <summary>
    /// Zone hints are all or nothing: one ready endpoint without a hint switches topology routing off for the whole Service, so they are
    /// written when every ready one has a zone, and otherwise not at all, as the default controller does.
    /// </summary>
    public static bool CanHint(ServiceShape service, IReadOnlyList<EndpointGroup> groups) =>
        service.Topology is TopologyMode.Zone or TopologyMode.Node
        && groups.SelectMany(group => group.Members).Where(member => member.Ready).All(member => member.Zone is not null);

    /// <summary>Whether a row as read says what a row as wanted says; what an old server dropped from it cannot differ.</summary>
    public static bool Same(SliceEndpoint read, SliceEndpoint wanted) => read == wanted with
    {
        Serving = read.Serving is null ? null : wanted.Serving,
        Terminating = read.Terminating is null ? null : wanted.Terminating,
    };

    // An unselected pod is not serving either: some routers (Traefik) go by serving and not by ready.
    private static SliceEndpoint Row(Member member, bool admitted, bool hints) => new()
    {
        Address = member.Address,
        PodName = member.PodName,
        PodUid = member.Key,
        NodeName = member.NodeName,
        Zone = member.Zone,
        Hostname = member.Hostname,
        Ready = member.Ready && admitted,
        Serving = member.PodReady && admitted,
        Terminating = member.Terminating,
        Admitted = admitted,
        HintZones = hints && member.Zone is { } zone ? [zone] : [],
    };
}
