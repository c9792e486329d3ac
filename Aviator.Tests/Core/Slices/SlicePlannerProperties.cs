using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core.Slices;

public sealed class SlicePlannerProperties
{
    [Property(MaxTest = 300)]
    public Property Plan_AppliedAndPlannedAgain_IsEmpty() => ForAll(world =>
    {
        var after = SliceServer.Apply(world.Before(), world.Plan(world.Before()));

        Assert.Empty(world.Plan(after));
    });

    [Property(MaxTest = 300)]
    public Property Plan_Applied_ListsEveryMemberOnceWithItsConditions() => ForAll(world =>
    {
        var after = SliceServer.Apply(world.Before(), world.Plan(world.Before()));

        var admitted = SelectionGuard.Admitted(world.Service, world.Subsets, world.Decision);
        foreach (var subset in world.Subsets)
        {
            var rows = after.Where(slice => slice.Family == subset.Family && slice.Ports.Equals(subset.Ports))
                .SelectMany(slice => slice.Endpoints).ToList();
            Assert.Equal(subset.Endpoints.Select(endpoint => (endpoint.Address, endpoint.Key)).Order(),
                rows.Select(row => (row.Address, row.PodUid!)).Order());
            Assert.All(subset.Endpoints, endpoint =>
                Assert.Equal(endpoint.Ready && admitted.Contains(endpoint.Key), rows.Single(row => row.PodUid == endpoint.Key).Ready));
        }

        Assert.Equal(world.Subsets.Sum(subset => subset.Endpoints.Count), after.Sum(slice => slice.Endpoints.Count));
        Assert.All(after, slice => Assert.InRange(slice.Endpoints.Count, 1, Slice.MaxEndpoints));
    });

    [Property(MaxTest = 200)]
    [Trait("Catalogue", "20")]
    public Property Plan_WhileItIsApplied_NoMomentIsWithoutAReadyEndpoint() => ForAll(world =>
    {
        var slices = world.Before();
        if (!AnyReady(world.Subsets) || !AnyReady(world.SubsetsBefore)) return;

        foreach (var write in world.Plan(slices))
        {
            slices = SliceServer.Apply(slices, write);
            Assert.Contains(slices.SelectMany(slice => slice.Endpoints), row => row.Ready);
        }
    });

    [Property(MaxTest = 100)]
    public Property Plan_InputsInAnotherOrder_IsTheSame() => ForAll(world =>
    {
        var before = world.Before();
        var turned = world with { Pods = [.. world.Pods.Reverse()] };

        Assert.Equal(world.Plan(before), turned.Plan([.. before.Reverse()]));
    });

    [Property(MaxTest = 100)]
    public Property Plan_Inputs_AreNeverChanged() => ForAll(world =>
    {
        var before = world.Before();
        var copy = before.Select(slice => slice with { Endpoints = slice.Endpoints.Select(row => row with { }).ToValueList() }).ToList();

        world.Plan(before);

        Assert.Equal(copy, before);
    });

    [Property(MaxTest = 200)]
    public Property Plan_OnlyTheDecisionChanged_RowsDoNotMove() => ForAll(world =>
    {
        var same = world with { PodsBefore = world.Pods };
        var before = same.Before();

        var plan = same.Plan(before);

        Assert.All(plan, write =>
        {
            Assert.Equal(SliceAction.Update, write.Action);
            Assert.Equal(
                before.Single(slice => slice.Name == write.Slice.Name).Endpoints.Select(row => row.PodUid),
                write.Slice.Endpoints.Select(row => row.PodUid));
        });
    });

    [Property(MaxTest = 200)]
    [Trait("Catalogue", "29")]
    public Property Admitted_LocalTraffic_EveryNodeWithAReadyPodKeepsOne() => ForAll(world =>
    {
        var local = world.Service with { InternalLocal = true };
        var admitted = SelectionGuard.Admitted(local, world.Subsets, world.Decision);

        foreach (var node in world.Subsets.SelectMany(subset => subset.Endpoints).Where(endpoint => endpoint.Ready)
            .GroupBy(endpoint => endpoint.NodeName))
            Assert.Contains(node, endpoint => admitted.Contains(endpoint.Key));
    });

    [Property(MaxTest = 200)]
    [Trait("Catalogue", "30")]
    public Property Plan_Topology_HintsAreOnAllReadyRowsOrOnNone() => ForAll(world =>
    {
        var zoned = world with { Service = world.Service with { Topology = TopologyMode.Zone } };
        var after = SliceServer.Apply([], zoned.Plan([]));

        var ready = after.SelectMany(slice => slice.Endpoints).Where(row => row.Ready).ToList();
        var hinted = ready.Count(row => row.HintZones.Count > 0);
        Assert.True(hinted == 0 || hinted == ready.Count, $"{hinted} of {ready.Count}");
        Assert.All(ready.Where(row => hinted > 0).GroupBy(row => row.Zone), zone =>
            Assert.All(zone, row => Assert.Equal([row.Zone!], row.HintZones)));
    });

    [Property(MaxTest = 200)]
    [Trait("Catalogue", "30")]
    public Property Admitted_Topology_EveryZoneOrNodeWithAReadyPodKeepsOne() => ForAll(world =>
    {
        foreach (var (mode, place) in new (TopologyMode, Func<PodEndpoint, string?>)[] { (TopologyMode.Zone, endpoint => endpoint.Zone),
            (TopologyMode.Node, endpoint => endpoint.NodeName) })
        {
            var admitted = SelectionGuard.Admitted(world.Service with { Topology = mode }, world.Subsets, world.Decision);
            foreach (var here in world.Subsets.SelectMany(subset => subset.Endpoints)
                .Where(endpoint => endpoint.Ready && place(endpoint) is not null).GroupBy(place))
                Assert.Contains(here, endpoint => admitted.Contains(endpoint.Key));
        }
    });

    [Property(MaxTest = 200)]
    public Property Read_OfWhatAPlanPublished_GivesASelectionThatChangesNothing() => ForAll(world =>
    {
        var after = SliceServer.Apply(world.Before(), world.Plan(world.Before()));

        var restored = PublishedSelection.Read(world.Service, world.Subsets, after);

        Assert.Empty(SlicePlanner.Plan(world.Service, world.Subsets, restored, after, after.Select(slice => slice.Name)));
    });

    private static bool AnyReady(IReadOnlyList<EndpointSubset> subsets) =>
        subsets.Any(subset => subset.Endpoints.Any(endpoint => endpoint.Ready));

    private static Property ForAll(Action<World> check) => Prop.ForAll(World.Any(), check);
}
