using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Core.Slices;

public sealed class SlicePlannerTests
{
    [Fact]
    [Trait("Catalogue", "33")]
    public void Plan_UnselectedPod_IsNeitherReadyNorServing()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2)) with { Decision = World.Decide(("a", 1), ("b", 0)) };

        var rows = SliceServer.Apply([], world.Plan([])).Single().Endpoints;

        Assert.Equal((true, true, false), (rows[0].Ready, rows[0].Serving, rows[0].Terminating));
        Assert.Equal((false, false, false), (rows[1].Ready, rows[1].Serving, rows[1].Terminating));
    }

    /// <summary>As Kubernetes' own controller copies them; two of the three that it reserves are set by name.</summary>
    [Fact]
    public void Plan_LabelsOfTheService_AreOnItsSlicesAndFollowItsChanges()
    {
        var world = Of(World.Ready("a", 1));
        world = world with
        {
            Service = world.Service with
            {
                Labels = new LabelSet(
                [
                    new("app", "web"), new("service.kubernetes.io/headless", ""), new("kubernetes.io/service-name", "x"),
                    new("endpointslice.kubernetes.io/managed-by", "y"),
                ]),
            },
        };
        var slices = SliceServer.Apply([], world.Plan([]));
        Assert.Equal(new LabelSet([new("app", "web")]), slices.Single().Labels);
        Assert.Empty(world.Plan(slices));

        var changed = world with { Service = world.Service with { Labels = new LabelSet([new("tier", "front")]) } };
        var write = Assert.Single(changed.Plan(slices));
        Assert.Equal((SliceAction.Update, "tier=front", null), (write.Action, write.Slice.Labels.ToString(), write.Slice.TriggeredAt));

        var left = changed with { Service = changed.Service with { LeavesSliceLabels = true } };
        Assert.Empty(left.Plan(slices));
        Assert.Equal("service.kubernetes.io/headless=", CopiedLabels.Of(World.Web with { Headless = true }).ToString());
    }

    /// <summary>The earliest time of the pods that changed; what a decision changes has none, and a time alone is no write.</summary>
    [Fact]
    public void Plan_PodsChanged_SaysSinceWhen()
    {
        const string LongAgo = "2026-11-01T00:00:00Z";
        var old = World.Ready("a", 1) with { ReadyChangedAt = LongAgo };
        var (b, c) = (World.Ready("b", 2) with { ReadyChangedAt = LongAgo }, World.Ready("c", 3));
        var world = Of(old, b);
        var taken = world.Plan([]);
        Assert.All(taken, write => Assert.Null(write.Slice.TriggeredAt));
        var slices = SliceServer.Apply([], taken);

        Assert.Equal("2026-11-29T20:00:05Z", Written(Of(
            old, b with { Ready = false, ReadyChangedAt = "2026-11-29T20:00:07Z" }, c with { ReadyChangedAt = "2026-11-29T20:00:05Z" })));
        Assert.Null(Written(world with { Decision = World.Decide(("a", 1), ("b", 0)) }));
        Assert.Null(Written(Of(old, b with { Terminating = true })));
        Assert.Null(Written(Of(old)));
        Assert.Empty(Of(old, b with { ReadyChangedAt = "2026-11-29T20:00:09Z" }).Plan(slices));

        string? Written(World after) => Assert.Single(after.Plan(slices)).Slice.TriggeredAt;
    }

    /// <summary>PreferSameNode: kube-proxy goes by the nodes first, and by the zones for clients on a node without a pod.</summary>
    [Fact]
    [Trait("Catalogue", "30")]
    public void Plan_PreferSameNode_HintsNodeAndZone()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2, "n-1"));
        world = world with { Service = world.Service with { Topology = TopologyMode.Node } };
        var slices = SliceServer.Apply([], world.Plan([]));
        Assert.Equal(["n-0 zone-0", "n-1 zone-1"],
            slices.Single().Endpoints.Select(row => $"{row.HintNodes.Single()} {row.HintZones.Single()}"));
        Assert.Empty(world.Plan(slices));

        var nowhere = Of(World.Ready("a", 1), World.Ready("b", 2, "n-nowhere"));
        nowhere = nowhere with { Service = world.Service };
        Assert.All(SliceServer.Apply([], nowhere.Plan([])).Single().Endpoints, row =>
        {
            Assert.Equal([row.NodeName!], row.HintNodes);
            Assert.Empty(row.HintZones);
        });
    }

    [Fact]
    [Trait("Catalogue", "18")]
    public void Plan_RunningButNotReadyPod_IsListedAsNotReady()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2) with { Ready = false });

        Assert.Equal([true, false], SliceServer.Apply([], world.Plan([])).Single().Endpoints.Select(row => row.Ready));
    }

    [Fact]
    public void Plan_TerminatingPodThatStillServes_IsMarked()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2) with { Terminating = true });

        var row = SliceServer.Apply([], world.Plan([])).Single().Endpoints[1];

        Assert.Equal((false, true, true), (row.Ready, row.Serving, row.Terminating));
    }

    [Fact]
    public void Plan_OnlyTerminatingPodsLeft_AllServeWhateverWasDecided()
    {
        var world = Of(World.Ready("a", 1) with { Terminating = true }) with { Decision = World.Decide(("a", 0)) };

        Assert.True(SliceServer.Apply([], world.Plan([])).Single().Endpoints[0].Serving);
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public void Plan_NamedPortDiffersBetweenPods_OneSliceForEachMapping()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2) with { Ports = [new("http", "TCP", 8181)] },
            World.Ready("c", 3) with { Ports = [] });

        var slices = SliceServer.Apply([], world.Plan([]));

        Assert.Equal(
            ["http:8080,metrics:9000 uid-a", "http:8181,metrics:9000 uid-b", "metrics:9000 uid-c"],
            slices.Select(slice => $"{string.Join(',', slice.Ports.Select(port => $"{port.Name}:{port.Port}"))} " +
                $"{slice.Endpoints.Single().PodUid}").Order());
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public void Plan_DualStack_OneSliceForEachFamily()
    {
        var world = Of(World.Ready("a", 1)) with { Service = World.Web with { Families = [AddressFamily.IPv6, AddressFamily.IPv4] } };

        var slices = SliceServer.Apply([], world.Plan([]));

        Assert.Equal(
            [("web-aviator-v4-1", AddressFamily.IPv4, "10.0.0.1"), ("web-aviator-v6-1", AddressFamily.IPv6, "fd00::1")],
            slices.Select(slice => (slice.Name, slice.Family, slice.Endpoints.Single().Address)));
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public void Plan_250Pods_ThreeSlicesAndOneMorePodIsOneWrite()
    {
        var world = Of([.. Enumerable.Range(1, 250).Select(index => World.Ready($"p{index:000}", index))]);
        var slices = SliceServer.Apply([], world.Plan([]));
        Assert.Equal([50, 100, 100], slices.Select(slice => slice.Endpoints.Count).Order());

        var more = world with { Pods = [.. world.Pods, World.Ready("p251", 251)] };

        var write = Assert.Single(more.Plan(slices));
        Assert.Equal((SliceAction.Update, 51), (write.Action, write.Slice.Endpoints.Count));
    }

    [Fact]
    public void Plan_PodReplaced_IsOneUpdate()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2));
        var slices = SliceServer.Apply([], world.Plan([]));

        var write = Assert.Single((world with { Pods = [World.Ready("a", 1), World.Ready("c", 3)] }).Plan(slices));

        Assert.Equal(["uid-a", "uid-c"], write.Slice.Endpoints.Select(row => row.PodUid));
    }

    [Fact]
    public void Plan_AddressReusedByAnotherPod_RowIsTheNewPods()
    {
        var slices = SliceServer.Apply([], Of(World.Ready("a", 1)).Plan([]));

        var write = Assert.Single(Of(World.Ready("b", 1)).Plan(slices));

        Assert.Equal("uid-b", Assert.Single(write.Slice.Endpoints).PodUid);
    }

    [Fact]
    public void Plan_PortNumberChanged_UpdatesTheSliceInPlace()
    {
        var slices = SliceServer.Apply([], Of(World.Ready("a", 1)).Plan([]));

        var write = Assert.Single(Of(World.Ready("a", 1) with { Ports = [new("http", "TCP", 9999)] }).Plan(slices));

        Assert.Equal((SliceAction.Update, "web-aviator-v4-1", 9999), (write.Action, write.Slice.Name, write.Slice.Ports[0].Port));
    }

    [Fact]
    public void Plan_SlicesOfAnEarlierServiceOfThatName_AreReplacedAndNotReused()
    {
        var old = SliceServer.Apply([], Of(World.Ready("a", 1)).Plan([]));
        var world = Of(World.Ready("a", 1)) with { Service = World.Web with { Uid = "second-uid" } };

        Assert.Equal(
            [(SliceAction.Create, "web-aviator-v4-2"), (SliceAction.Delete, "web-aviator-v4-1")],
            world.Plan(old).Select(write => (write.Action, write.Slice.Name)));
    }

    [Fact]
    public void Plan_SlicesOfOtherManagers_AreNeverTouched()
    {
        var foreign = SliceServer.Apply([], Of(World.Ready("z", 9)).Plan([]))
            .Select(slice => slice with { ManagedBy = "endpointslice-controller.k8s.io" }).ToList();

        var write = Assert.Single(Of(World.Ready("a", 1)).Plan(foreign));

        Assert.Equal((SliceAction.Create, "web-aviator-v4-2"), (write.Action, write.Slice.Name));
    }

    [Fact]
    public void Plan_ServerDropsServingAndTerminating_NothingIsRewritten()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2) with { Terminating = true });
        var slices = SliceServer.Apply([], world.Plan([])).Select(slice => slice with
        {
            Endpoints = slice.Endpoints.Select(row => row with { Serving = null, Terminating = null }).ToValueList(),
        }).ToList();

        Assert.Empty(world.Plan(slices));
    }

    [Fact]
    public void Plan_NobodyAdmitted_AllReadyPodsStay()
    {
        var world = Of(World.Ready("a", 1), World.Ready("b", 2)) with { Decision = World.Decide(("a", 0), ("b", 0)) };

        Assert.All(SliceServer.Apply([], world.Plan([])).Single().Endpoints, row => Assert.True(row.Ready));
    }

    [Fact]
    public void Of_SelectorHoldsTheSteeringKey_PodsMatchWithoutIt()
    {
        var keyed = World.Web with
        {
            Selector = new LabelSet([KeyValuePair.Create("app", "web"), KeyValuePair.Create(ServiceShape.SteeredKey, "true")]),
        };

        Assert.True(keyed.IsKeyed);
        Assert.Single(Membership.Resolve(keyed, [World.Ready("a", 1)], World.Zone));
    }

    [Fact]
    public void Of_HostnameWithSubdomainOfTheService_IsKept()
    {
        var pod = World.Ready("a", 1) with { Hostname = "first", Subdomain = "web" };

        Assert.Equal("first", Membership.Resolve(World.Web, [pod], World.Zone)[0].Endpoints[0].Hostname);
        Assert.Null(Membership.Resolve(World.Web, [pod with { Subdomain = "other" }], World.Zone)[0].Endpoints[0].Hostname);
    }

    private static World Of(params PodShape[] pods) => new(World.Web, pods, SliceRows.PlainMembership, [], SliceRows.PlainMembership);
}
