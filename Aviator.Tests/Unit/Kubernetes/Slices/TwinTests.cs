using Aviator.Controller.Steering;
using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Slices;

/// <summary>The twin as steering sees it and as it is written, and when it has to be made, changed, made again or left alone.</summary>
public sealed class TwinTests
{
    private static readonly ServiceShape Source = World.Web with
    {
        Labels = new LabelSet([new("app", "web")]),
        Frontend = new() { Families = ["IPv4"], FamilyPolicy = "SingleStack" }
    };

    private static readonly ServiceShape Twin = Source with
    {
        Name = "web-aviator",
        Uid = "twin-uid",
        ResourceVersion = "7",
        Labels = new LabelSet([new(TwinNames.Label, "web")]),
        Selector = LabelSet.Empty,
        OwnedBy = Source.Uid,
    };

    [Fact]
    public void Name_OfAnyLength_IsALabelThatTellsServicesApart()
    {
        Assert.Equal("web-aviator", TwinNames.ForService("web"));
        Assert.Equal(new string('a', 55) + "-aviator", TwinNames.ForService(new string('a', 55)));
        var names = Enumerable.Range(56, 8).SelectMany(length => new[] { new string('a', length), new string('a', length - 1) + "b" })
            .Select(TwinNames.ForService).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$", name));
    }

    [Fact]
    public void Plan_ForATwin_NamesTheTwinAndIsOwnedByTheService()
    {
        var twin = Source.AsTwin(Twin);
        var subsets = Membership.Resolve(twin, [World.Ready("a", 1), World.Ready("b", 2)], World.Zone);
        var slices = SliceServer.Apply([], SlicePlanner.Plan(twin, subsets, World.Decide(("a", 1), ("b", 0)), [], []));
        var slice = Assert.Single(slices, slice => slice.Ports.Count == 2);
        Assert.Equal(("web-aviator", "web", Source.Uid, true), (slice.ServiceName, slice.OwnerName, slice.OwnerUid, slice.IsOfTwin));
        Assert.Equal([true, false], slice.Endpoints.Select(row => row.Ready));
        Assert.Empty(SlicePlanner.Plan(twin, subsets, World.Decide(("a", 1), ("b", 0)), slices, []));
        // What the Service's own steering would plan is another thing: none of these slices is its.
        Assert.DoesNotContain(SlicePlanner.Plan(Source, subsets, World.Decide(), slices, []), write => write.Action != SliceAction.Create);
    }

    [Fact]
    public void Published_AfterARestart_IsReadBackFromTheTwinsSlices()
    {
        var twin = Source.AsTwin(Twin);
        var subsets = Membership.Resolve(twin, [World.Ready("a", 1), World.Ready("b", 2)], World.Zone);
        var slices = SliceServer.Apply([], SlicePlanner.Plan(twin, subsets, World.Decide(("a", 1), ("b", 0)), [], []));
        var read = PublishedSelection.Read(twin, subsets, slices);
        Assert.Equal((true, false), (read.Admits("uid-a"), read.Admits("uid-b")));
    }

    [Fact]
    public void Plan_ForTheTwinOfAnyService_IsEmptyOnceApplied()
    {
        Prop.ForAll(World.Any(), world =>
        {
            var twin = world.Service.AsTwin(Twin);
            var slices = SliceServer.Apply([], SlicePlanner.Plan(twin, world.Subsets, world.Decision, [], []));
            Assert.Empty(SlicePlanner.Plan(twin, world.Subsets, world.Decision, slices, slices.Select(slice => slice.Name)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void AsTwin_OfAServiceForTheOutside_ForgetsTheOutside()
    {
        var twin = (Source with { Type = "LoadBalancer", ExternalLocal = true, InternalLocal = true, Topology = TopologyMode.Zone })
            .AsTwin(Twin);
        Assert.Equal(("ClusterIP", false, true, TopologyMode.Zone), (twin.Type, twin.ExternalLocal, twin.InternalLocal, twin.Topology));
        Assert.True(twin.KeepsOnePerNode);
    }

    [Fact]
    public void AsTwin_WhileTheServiceIsBeingReleased_KeepsThePodsOfTheUsersSelector()
    {
        var twin = (Source with { Selector = new LabelSet([.. Source.Selector.All, new(ServiceShape.SteeredKey, "true")]) }).AsTwin(Twin);
        Assert.Equal(Source.Selector, twin.PodSelector);
        Assert.True(twin.IsKeyed);
        Assert.False(Source.AsTwin(Twin with { Selector = Source.Selector }).IsKeyed);
    }

    [Fact]
    public void Action_ForEachStateOfTheTwinsName_IsTheOneThatHarmsNobody()
    {
        Assert.Equal(TwinAction.Create, TwinPlan.Of(Source, null));
        Assert.Equal(TwinAction.None, TwinPlan.Of(Source, Twin));
        Assert.Equal(TwinAction.Refuse, TwinPlan.Of(Source, Twin with { Labels = LabelSet.Empty }));
        Assert.Equal(TwinAction.Refuse, TwinPlan.Of(Source, Twin with { Labels = new LabelSet([new(TwinNames.Label, "other")]) }));
        Assert.Equal(TwinAction.Replace, TwinPlan.Of(Source with { Uid = "created-again" }, Twin));
        Assert.Equal(TwinAction.Align, TwinPlan.Of(Source with { Ports = [Source.Ports[0]] }, Twin));
        Assert.Equal(TwinAction.Align,
            TwinPlan.Of(Source with { Ports = [Source.Ports[0] with { TargetName = "grpc" }, Source.Ports[1]] }, Twin));
        Assert.Equal(TwinAction.Align,
            TwinPlan.Of(Source with { Frontend = Source.Frontend with { SessionAffinity = "ClientIP", AffinitySeconds = 60 } }, Twin));
        Assert.Equal(TwinAction.Align,
            TwinPlan.Of(Source with { Frontend = Source.Frontend with { FamilyPolicy = "PreferDualStack", Families = ["IPv4", "IPv6"] } },
                Twin));
    }

    [Fact]
    public void Action_TwinHandedBack_FollowsTheServicesSelector()
    {
        var handedBack = Twin with { Selector = Source.Selector };
        Assert.Equal(TwinAction.None, TwinPlan.Of(Source, handedBack));
        var moved = Source with { Selector = new LabelSet([new("app", "web2")]) };
        Assert.Equal(TwinAction.Align, TwinPlan.Of(moved, handedBack));
        Assert.Equal(TwinAction.None, TwinPlan.Of(moved, Twin));
        Assert.Equal("""{"app":"web2"}""", TwinBody.Align(moved, handedBack)["spec"]!["selector"]!.ToJsonString());
    }

    [Fact]
    public void Body_OfANewTwin_HasNoSelectorAndTheServicesPorts()
    {
        var body = TwinBody.Create(Source with
        {
            Frontend = Source.Frontend with { SessionAffinity = "ClientIP", AffinitySeconds = 60 },
            Ports = [new("http", "TCP", 80, null, "http", "kubernetes.io/h2c"), new("dns", "UDP", 53, 5353, null, null)]
        });
        Assert.Null(body["spec"]!["selector"]);
        Assert.Equal(
            """[{"name":"http","protocol":"TCP","port":80,"targetPort":"http","appProtocol":"kubernetes.io/h2c"},""" +
            """{"name":"dns","protocol":"UDP","port":53,"targetPort":5353}]""",
            body["spec"]!["ports"]!.ToJsonString());
        Assert.Equal(60, (int)body["spec"]!["sessionAffinityConfig"]!["clientIP"]!["timeoutSeconds"]!);
        Assert.Equal(("web-aviator", "web"), ((string?)body["metadata"]!["name"], (string?)body["metadata"]!["labels"]![TwinNames.Label]));
        Assert.Null(body["metadata"]!["labels"]!["app"]);
        Assert.Equal(("Service", "web", Source.Uid),
            ((string?)body["metadata"]!["ownerReferences"]![0]!["kind"], (string?)body["metadata"]!["ownerReferences"]![0]!["name"],
                (string?)body["metadata"]!["ownerReferences"]![0]!["uid"]));
    }

    [Fact]
    public void Body_OfAPatch_TakesAwayWhatTheServiceNoLongerHas()
    {
        var spec = TwinBody.Align(Source with { Frontend = new() }, Twin)["spec"]!.AsObject();
        Assert.Equal("None", (string?)spec["sessionAffinity"]);
        foreach (var gone in new[] { "sessionAffinityConfig", "trafficDistribution" })
            Assert.True(spec.ContainsKey(gone) && spec[gone] is null, gone);
    }
}
