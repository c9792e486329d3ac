using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Core.Slices;

/// <summary>Which endpoints the same clients reach: those are decided together, and apart from all others.</summary>
public sealed class RoutingDomainTests
{
    [Fact]
    [Trait("Catalogue", "30")]
    public void Of_WithHints_IsTheZone() => Assert.Equal(
        ["zone zone-0", "zone zone-0", "zone zone-1"],
        Domains(World.Web with { Topology = TopologyMode.Zone }, "n-0", "n-2", "n-1"));

    [Fact]
    [Trait("Catalogue", "30")]
    public void Of_WithHintsThatCannotBeWritten_IsOneForAll() => Assert.Equal(
        ["", ""], Domains(World.Web with { Topology = TopologyMode.Zone }, "n-0", "n-nowhere"));

    [Fact]
    [Trait("Catalogue", "29")]
    public void Of_LocalPolicyOrSameNode_IsTheNode()
    {
        var local = World.Web with { InternalLocal = true, Topology = TopologyMode.Zone };
        Assert.Equal(["node n-0", "node n-2"], Domains(local, "n-0", "n-2"));
        Assert.Equal(["node n-0", "node n-2"], Domains(World.Web with { ExternalLocal = true }, "n-0", "n-2"));
        Assert.Equal(["node n-0", "node n-2"], Domains(World.Web with { Topology = TopologyMode.Node }, "n-0", "n-2"));
    }

    [Fact]
    public void Of_Otherwise_IsOneForAll() => Assert.Equal(["", ""], Domains(World.Web, "n-0", "n-1"));

    /// <summary>Kubernetes lends a pod of one zone to the clients of another: those decide about it.</summary>
    [Fact]
    [Trait("Catalogue", "30")]
    public void Of_AutoWithHintsOfKubernetes_IsTheZoneThatThePodIsLentTo()
    {
        var (service, subsets) = Auto(["zone-0", "zone-1"], "n-0", "n-0");
        Assert.Equal(TopologyMode.Zone, service.Topology);
        Assert.Equal(["zone zone-0", "zone zone-1"], subsets[0].Endpoints.Select(RoutingDomains.Of(service, subsets)));
        var rows = SliceServer.Apply([], SlicePlanner.Plan(service, subsets, SliceRows.PlainMembership, [], [])).Single().Endpoints;
        Assert.Equal(["zone-0", "zone-1"], rows.Select(row => row.HintZones.Single()));
        Assert.Equal(["zone-0", "zone-0"], rows.Select(row => row.Zone));
    }

    /// <summary>Withdrawn, as beyond the threshold of overload: none is written then.</summary>
    [Fact]
    [Trait("Catalogue", "30")]
    public void Of_AutoWithoutHintsOfKubernetes_IsOneForAll()
    {
        var (service, subsets) = Auto([null, null], "n-0", "n-1");
        Assert.Equal(TopologyMode.None, service.Topology);
        var rows = SliceServer.Apply([], SlicePlanner.Plan(service, subsets, SliceRows.PlainMembership, [], [])).Single().Endpoints;
        Assert.All(rows, row => Assert.Empty(row.HintZones));
    }

    /// <summary>A new pod is seen a moment before Kubernetes lists it: that must not switch off the hints of all others.</summary>
    [Fact]
    public void Of_AutoWithAPodThatKubernetesDoesNotListYet_KeepsItInItsZone()
    {
        var (service, subsets) = Auto(["zone-1", null], "n-0", "n-0");
        Assert.Equal(["zone zone-1", "zone zone-0"], subsets[0].Endpoints.Select(RoutingDomains.Of(service, subsets)));
    }

    /// <summary>Own slices are no source: they would keep what they say for good.</summary>
    [Fact]
    public void Copy_OwnSlices_AreLeftOut()
    {
        var subsets = Subsets(World.Web, ["n-0"]);
        var own = SliceServer.Apply(
            [], SlicePlanner.Plan(World.Web with { Topology = TopologyMode.Zone }, subsets, SliceRows.PlainMembership, [], []));
        Assert.Single(own[0].Endpoints[0].HintZones);
        Assert.Same(subsets, AutoHints.Copy(subsets, own));
    }

    [Fact]
    public void Settle_AnyOtherTopology_IsLeftAlone() => Assert.Equal(
        TopologyMode.Node, AutoHints.Settle(World.Web with { Topology = TopologyMode.Node }, []).Topology);

    /// <summary>A Service with topology-mode: Auto, and the hint that Kubernetes' slice has for each of its pods.</summary>
    private static (ServiceShape Service, IReadOnlyList<EndpointSubset> Subsets) Auto(string?[] hints, params string[] nodes)
    {
        var service = World.Web with { Ports = [World.Web.Ports[0]], Topology = TopologyMode.Auto };
        var pods = nodes.Select((node, i) => World.Ready($"p{i:00}", i + 1, node)).ToList();
        var slices = DefaultSlices.Hinted(DefaultSlices.Of(service, pods), row => row with
        {
            HintZones = hints[int.Parse(row.PodName![1..], null)] is { } zone ? [zone] : [],
        });
        var subsets = AutoHints.Copy(Membership.Resolve(service, pods, World.Zone), slices);
        return (AutoHints.Settle(service, subsets), subsets);
    }

    private static IEnumerable<string> Domains(ServiceShape service, params string[] nodes)
    {
        var subsets = Subsets(service, nodes);
        var domainOf = RoutingDomains.Of(service, subsets);
        return subsets.SelectMany(subset => subset.Endpoints).OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal).Select(domainOf);
    }

    private static IReadOnlyList<EndpointSubset> Subsets(ServiceShape service, string[] nodes) => Membership.Resolve(
        service with { Ports = [service.Ports[0]] }, nodes.Select((node, i) => World.Ready($"p{i:00}", i + 1, node)), World.Zone);
}
