using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Core.Slices;

/// <summary>Which endpoints the same clients reach: those are decided together, and apart from all others.</summary>
public sealed class RoutingDomainTests
{
    private static readonly Dictionary<string, double> TwoEvenZones = new() { ["zone-0"] = 8, ["zone-1"] = 8 };

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

    [Fact]
    public void Settle_EvenZones_StaysInTheZone() => Assert.Equal(TopologyMode.Zone, Settle(TwoEvenZones, "n-0", "n-1", "n-0", "n-1"));

    [Fact]
    public void Settle_WithinTheOverloadThatKubernetesAllows_StaysInTheZone() =>
        Assert.Equal(TopologyMode.Zone, Settle(TwoEvenZones, [.. Enumerable.Repeat("n-0", 5), .. Enumerable.Repeat("n-1", 6)]));

    [Fact]
    public void Settle_OnePodInAZoneAndNineInTheOther_GoesAnywhere() =>
        Assert.Equal(TopologyMode.None, Settle(TwoEvenZones, [.. Enumerable.Repeat("n-0", 9), "n-1"]));

    [Fact]
    public void Settle_ZoneWithoutAnyPod_GoesAnywhere() => Assert.Equal(
        TopologyMode.None, Settle(new(TwoEvenZones) { ["zone-2"] = 8 }, "n-0", "n-1"));

    [Fact]
    public void Settle_OneZoneOrPodsWithoutAZone_GoesAnywhere()
    {
        Assert.Equal(TopologyMode.None, Settle(new() { ["zone-0"] = 8 }, "n-0", "n-0"));
        Assert.Equal(TopologyMode.None, Settle([], "n-0", "n-1"));
        Assert.Equal(TopologyMode.None, Settle(TwoEvenZones, "n-0", "n-1", "n-nowhere"));
    }

    [Fact]
    public void Settle_AnyOtherTopology_IsLeftAlone() => Assert.Equal(
        TopologyMode.Node, ZoneBalance.Settle(World.Web with { Topology = TopologyMode.Node }, [], TwoEvenZones).Topology);

    private static TopologyMode Settle(Dictionary<string, double> cpu, params string[] nodes) =>
        ZoneBalance.Settle(World.Web with { Topology = TopologyMode.Auto }, Subsets(World.Web, nodes), cpu).Topology;

    private static IEnumerable<string> Domains(ServiceShape service, params string[] nodes)
    {
        var subsets = Subsets(service, nodes);
        var domainOf = RoutingDomains.Of(service, subsets);
        return subsets.SelectMany(subset => subset.Endpoints).OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal).Select(domainOf);
    }

    private static IReadOnlyList<EndpointSubset> Subsets(ServiceShape service, string[] nodes) => Membership.Resolve(
        service with { Ports = [service.Ports[0]] }, nodes.Select((node, i) => World.Ready($"p{i:00}", i + 1, node)), World.Zone);
}
