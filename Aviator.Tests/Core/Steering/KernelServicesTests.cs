using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core.Steering;

/// <summary>What a node's order says of a Service: who is reached as kube-proxy would, and never none of positive weight.</summary>
public sealed class KernelServicesTests
{
    private static readonly ServiceShape Web = World.Web with { ClusterIps = ["10.96.0.1"], Ports = [World.Web.Ports[0]] };
    private static readonly PodShape[] Pods = [World.Ready("a", 1, "n-0"), World.Ready("b", 2, "n-1"), World.Ready("c", 3, "n-2")];
    private static readonly ClientNode Node0 = new("n-0", "zone-0");

    [Fact]
    public void For_Decision_IsTheWeights_AndWhatItDoesNotKnowHasFullWeight()
    {
        var ordered = Order(Web, Slices(Web), World.Decide(("a", 1), ("b", 0)), Node0)!;

        Assert.Equal(("shop", "web", 5.0), (ordered.Namespace, ordered.Name, ordered.FailOpenAfterSeconds));
        Assert.Equal(["10.96.0.1"], ordered.ClusterIps);
        var port = Assert.Single(ordered.Ports);
        Assert.Equal(80, port.Port);
        Assert.Equal([("10.0.0.1", 8080, 1.0), ("10.0.0.2", 8080, 0.0), ("10.0.0.3", 8080, 1.0)],
            port.Endpoints.Select(endpoint => (endpoint.Address, endpoint.Port, endpoint.Weight)));
    }

    [Fact]
    public void For_FractionsOfAShare_AreTheWeights() =>
        Assert.Equal([0.25, 0.01, 1.0],
            Order(Web, Slices(Web), World.Decide(("a", 0.25), ("b", 0.01)), Node0)!.Ports[0].Endpoints.Select(endpoint => endpoint.Weight));

    [Fact]
    public void For_Canary_IsToldApart()
    {
        var decision = World.Decide(("a", 1), ("b", 0.5));
        var canary = new Decision(decision.Endpoints.ToDictionary(
            pair => pair.Key, pair => pair.Value with { Canary = pair.Value.Weight < 1 }));
        Assert.Equal([false, true, false], Order(Web, Slices(Web), canary, Node0)!.Ports[0].Endpoints.Select(endpoint => endpoint.Canary));
    }

    [Fact]
    public void For_GuardAdmitsWhatTheDecisionDoesNot_ItHasAFullShareBesideAFraction()
    {
        // Zone 1 has b alone, which the decision takes out: the guard keeps it, and it has that zone's traffic.
        var zoned = Web with { Topology = TopologyMode.Zone };
        var hinted = DefaultSlices.Hinted(Slices(Web), row => row with { HintZones = ["zone-0", "zone-1"] });
        Assert.Equal([0.25, 1.0, 1.0],
            Order(zoned, hinted, World.Decide(("a", 0.25), ("b", 0)), Node0)!.Ports[0].Endpoints.Select(endpoint => endpoint.Weight));
    }

    [Fact]
    public void For_NobodyAdmitted_EveryReadyOneIs() =>
        Assert.All(Order(Web, Slices(Web), World.Decide(("a", 0), ("b", 0), ("c", 0)), Node0)!.Ports[0].Endpoints,
            endpoint => Assert.Equal(1, endpoint.Weight));

    [Fact]
    public void For_UdpBesideTcp_OnlyTcpIsOrdered()
    {
        var service = Web with { Ports = [.. Web.Ports, new("dns", "UDP", 53, 53, null, null)] };
        Assert.Equal([80], Order(service, Slices(service), SliceRows.PlainMembership, Node0)!.Ports.Select(port => port.Port));
    }

    [Fact]
    public void For_TwoFamilies_EachAddressIsThere()
    {
        var service = Web with { Families = [AddressFamily.IPv4, AddressFamily.IPv6], ClusterIps = ["10.96.0.1", "fd00:1::1"] };
        var ordered = Order(service, Slices(service), World.Decide(("b", 0)), Node0)!;
        Assert.Equal(["10.96.0.1", "fd00:1::1"], ordered.ClusterIps);
        Assert.Equal(["10.0.0.1", "10.0.0.3", "fd00::1", "fd00::3"],
            Assert.Single(ordered.Ports).Endpoints.Where(endpoint => endpoint.Weight > 0).Select(endpoint => endpoint.Address));
    }

    [Theory]
    [InlineData("n-1", "10.0.0.2")]
    [InlineData("n-9", null)]
    [Trait("Catalogue", "29")]
    public void For_InternalLocal_OnlyTheNodesOwn_AndWithNoneItIsLeftOut(string node, string? only)
    {
        var ordered = Order(Web with { InternalLocal = true }, Slices(Web), World.Decide(("b", 0)), new(node, "zone-1"));
        if (only is null)
        {
            Assert.Null(ordered);
            return;
        }

        var endpoint = Assert.Single(ordered!.Ports[0].Endpoints);
        Assert.Equal((only, 1.0), (endpoint.Address, endpoint.Weight));
    }

    [Theory]
    [InlineData("zone-0", "10.0.0.1 10.0.0.3")]
    [InlineData("zone-1", "10.0.0.2")]
    [InlineData("zone-9", "10.0.0.1 10.0.0.2 10.0.0.3")]
    [InlineData(null, "10.0.0.1 10.0.0.2 10.0.0.3")]
    [Trait("Catalogue", "30")]
    public void For_ZoneHints_AreFollowed_UnlessNoneIsForTheZone(string? zone, string reached)
    {
        var hinted = DefaultSlices.Hinted(Slices(Web), row => row with { HintZones = [row.Zone!] });
        Assert.Equal(reached, Reached(Web with { Topology = TopologyMode.Zone }, hinted, new("n-5", zone)));
    }

    [Fact]
    [Trait("Catalogue", "30")]
    public void For_OneReadyRowWithoutAHint_NoHintCounts()
    {
        var hinted = DefaultSlices.Hinted(Slices(Web), row => row with { HintZones = row.PodName == "c" ? [] : [row.Zone!] });
        Assert.Equal("10.0.0.1 10.0.0.2 10.0.0.3", Reached(Web, hinted, new("n-1", "zone-1")));
    }

    [Theory]
    [InlineData("n-2", "10.0.0.3")]
    [InlineData("n-4", "10.0.0.1 10.0.0.3")]
    public void For_NodeHints_ComeBeforeThoseForZones(string node, string reached)
    {
        var hinted = DefaultSlices.Hinted(
            Slices(Web), row => row with { HintNodes = [row.NodeName!], HintZones = [row.Zone!] });
        Assert.Equal(reached, Reached(Web with { Topology = TopologyMode.Node }, hinted, new(node, "zone-0")));
    }

    /// <summary>The whole cluster has admitted pods, and this zone has none: its clients keep those that they reach.</summary>
    [Fact]
    [Trait("Catalogue", "30")]
    public void For_ZoneWhoseOnlyPodIsDecidedAgainst_ItStays()
    {
        var hinted = DefaultSlices.Hinted(Slices(Web), row => row with { HintZones = [row.Zone!] });
        var ordered = Order(Web with { Topology = TopologyMode.Zone }, hinted, World.Decide(("a", 1), ("b", 0)), new("n-1", "zone-1"))!;
        Assert.Equal(("10.0.0.2", 1.0), (ordered.Ports[0].Endpoints[0].Address, ordered.Ports[0].Endpoints[0].Weight));
    }

    [Fact]
    public void For_UnreadyAndGonePods_AreLeftOut()
    {
        var slices = Slices(Web, [Pods[0], Pods[1] with { Ready = false }, Pods[2]]);
        var rows = PortRow.Read(Web, slices, uid => uid == "uid-c");
        Assert.Equal(["10.0.0.1"], rows.Select(row => row.Endpoint.Address));
    }

    [Fact]
    public void For_SameRowInTwoSlices_IsOrderedOnce() =>
        Assert.Equal("10.0.0.1 10.0.0.2 10.0.0.3",
            Reached(Web, [.. Slices(Web), .. Slices(Web).Select(slice => slice with { Name = "own", ManagedBy = Slice.OwnManager })],
                Node0));

    [Fact]
    public void For_NoFigure_CountsAsTheMiddleOne()
    {
        var figures = new Dictionary<string, int?> { ["uid-a"] = 4, ["uid-b"] = null, ["uid-c"] = 10 };
        var ordered = KernelServices.For(
            Web, Rows(Web, Slices(Web)), SliceRows.PlainMembership, TimeSpan.FromSeconds(5), Node0, row => figures[row.Key])!;
        Assert.Equal([4, 4, 10], ordered.Ports[0].Endpoints.Select(endpoint => endpoint.InFlight));
        Assert.Equal([false, true, false], ordered.Ports[0].Endpoints.Select(endpoint => endpoint.StandsIn));
    }

    [Fact]
    public void For_MoreEndpointsThanAKernelHolds_TheServiceIsLeftOut()
    {
        var row = Rows(Web, Slices(Web))[0];
        var rows = Enumerable.Range(0, SteeringLimits.Endpoints + 1)
            .Select(i => row with { Endpoint = row.Endpoint with { Address = $"10.1.{i / 250}.{i % 250}", PodUid = $"uid-{i}" } }).ToList();
        Assert.Null(KernelServices.For(Web, rows, SliceRows.PlainMembership, TimeSpan.FromSeconds(5), Node0, _ => 0));
        Assert.NotNull(KernelServices.For(Web, rows[1..], SliceRows.PlainMembership, TimeSpan.FromSeconds(5), Node0, _ => 0));
    }

    /// <summary>
    /// Whatever membership and decision: every port that a node reaches ready pods behind has one of positive weight, in each family, and
    /// nobody is ordered who is not ready.
    /// </summary>
    [Property(MaxTest = 300)]
    public Property For_AnyWorld_NoReachedPortIsWithoutWeight() => Prop.ForAll(World.Any(), world =>
    {
        var service = world.Service.FromInside() with { ClusterIps = ["10.96.0.1"] };
        var slices = DefaultSlices.Of(service, world.Pods);
        if (service.Topology == TopologyMode.Zone)
            slices = DefaultSlices.Hinted(slices, row => row with { HintZones = [row.Zone ?? "none"] });
        var rows = Rows(service, slices);
        var ready = world.Pods.Where(pod => pod is { Ready: true, Terminating: false, Finished: false })
            .SelectMany(pod => pod.Addresses).ToHashSet();
        return new[] { "n-0", "n-1", "n-2", "n-9" }.All(node =>
        {
            var client = new ClientNode(node, World.Zone(node));
            var reached = NodeReach.Of(service, rows, client);
            var ordered = Order(service, slices, world.Decision, client);
            return (ordered is null) == (reached.Count == 0) && (ordered is null || (
                ordered.Ports.All(port => port.Endpoints.All(endpoint => ready.Contains(endpoint.Address))) &&
                reached.GroupBy(row => (row.Port.Port, row.Family)).All(group => ordered.Ports.Single(port => port.Port == group.Key.Port)
                    .Endpoints.Any(endpoint => endpoint.Weight > 0 && group.Any(row => row.Endpoint.Address == endpoint.Address)))));
        });
    });

    private static string Reached(ServiceShape service, IReadOnlyList<Slice> slices, ClientNode client) => string.Join(
        ' ', Order(service, slices, SliceRows.PlainMembership, client)!.Ports[0].Endpoints.Select(endpoint => endpoint.Address));

    private static KernelService? Order(ServiceShape service, IReadOnlyList<Slice> slices, Decision decision, ClientNode client) =>
        KernelServices.For(service, Rows(service, slices), decision, TimeSpan.FromSeconds(5), client, _ => 0);

    private static IReadOnlyList<PortRow> Rows(ServiceShape service, IEnumerable<Slice> slices) =>
        PortRow.Read(service, slices, _ => false);

    private static IReadOnlyList<Slice> Slices(ServiceShape service, IEnumerable<PodShape>? pods = null) =>
        DefaultSlices.Of(service, pods ?? Pods);
}
