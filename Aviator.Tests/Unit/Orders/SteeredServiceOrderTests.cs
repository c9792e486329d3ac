using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>
/// Orders for a Service that own slices steer, take over or hand back: its pods say who is there, whatever any slice says.
/// </summary>
public sealed class SteeredServiceOrderTests : IDisposable
{
    private static readonly KernelTerms Alone = new(TimeSpan.FromSeconds(5));
    private static readonly KernelTerms Beside = Alone with { BesideSlices = true };
    private readonly OrderWorld _world = new();

    private ServiceShape Service => _world.Cluster.Services.Find(OrderWorld.Web)!;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Plan_RoutingKernel_GoesByKubernetesSlices()
    {
        Decide(Alone, ("a", 1), ("b", 0));
        Assert.Null(Order().PodSelector);
    }

    [Fact]
    public void Plan_BesideSlices_NamesThePods_BeforeAnySliceIsWritten()
    {
        Decide(Beside, ("a", 0.01), ("b", 0));
        Assert.Equal("app=web", Labels());
        Assert.Equal([("10.0.0.1", 0.01), ("10.0.0.2", 0.0), ("10.0.0.3", 1.0)], Weights());
    }

    [Fact]
    public void Plan_DefaultSlicesAreEmptied_EveryReadyPodIsStillThere_WithItsWeight()
    {
        Steer();
        Decide(Beside, ("a", 0.01), ("b", 0));

        Assert.Equal("app=web", Labels());
        Assert.Equal([("10.0.0.1", 0.01), ("10.0.0.2", 0.0), ("10.0.0.3", 1.0)], Weights());

        _world.Cluster.Pods.Upsert(new("shop", "c"), new(World.Ready("c", 3, "n-2") with { Ready = false }, null, []));
        _world.Cluster.Pods.Remove(new("shop", "b"));
        Assert.Equal([("10.0.0.1", 0.01)], Weights());
    }

    /// <summary>For a policy with routing Kernel: by the pods until the last own slice is gone, then by the default ones.</summary>
    [Fact]
    public void Plan_RoutingKernel_WhileTheServiceIsHandedBack_GoesByThePods()
    {
        Steer();
        Decide(Alone, ("a", 1), ("b", 0));
        Assert.Equal([("10.0.0.1", 1.0), ("10.0.0.2", 0.0), ("10.0.0.3", 1.0)], Weights());

        var released = Service with { Selector = Service.PodSelector };
        _world.Cluster.Services.Upsert(OrderWorld.Web, released);
        Assert.NotNull(Order().PodSelector);

        foreach (var own in _world.Cluster.Slices.All().Where(entry => entry.Value.IsOwn).ToList()) _world.Cluster.Slices.Remove(own.Key);
        Assert.Empty(_world.Orders.Plan().For("n-0")); // the default slices are not full yet
        _world.Put(released, [.. _world.Cluster.Pods.All().Select(entry => entry.Value.Shape)]);
        Assert.Null(Order().PodSelector);
        Assert.Equal([("10.0.0.1", 1.0), ("10.0.0.2", 0.0), ("10.0.0.3", 1.0)], Weights());
    }

    /// <summary>Own slices admit one per node for what comes from outside; a connect from inside reaches all of them.</summary>
    [Fact]
    [Trait("Catalogue", "29")]
    public void Plan_ExternalTrafficPolicyLocal_SaysNothingInside()
    {
        _world.Cluster.Services.Upsert(OrderWorld.Web, Service with { ExternalLocal = true });
        Decide(Beside, ("a", 1), ("b", 0), ("c", 0));
        Assert.Equal([("10.0.0.1", 1.0), ("10.0.0.2", 0.0), ("10.0.0.3", 0.0)], Weights());
    }

    /// <summary>The Service as it is while own slices carry it: the key in its selector, the default slices without rows.</summary>
    private void Steer()
    {
        var keyed = Service with { Selector = new LabelSet([.. Service.Selector.All, new(ServiceShape.SteeredKey, "true")]) };
        var view = _world.Cluster.Look(OrderWorld.Web);
        foreach (var slice in view.Slices)
            _world.Cluster.Slices.Upsert(new("shop", slice.Name), slice with { Endpoints = [] });
        foreach (var write in SlicePlanner.Plan(keyed, view.Subsets, World.Decide(("a", 0), ("b", 0)), [], []))
            _world.Cluster.Slices.Upsert(new("shop", write.Slice.Name), write.Slice);
        _world.Cluster.Services.Upsert(OrderWorld.Web, keyed);
    }

    private void Decide(KernelTerms terms, params (string Pod, double Weight)[] verdicts) =>
        _world.Routes.Set(OrderWorld.Web, new KernelRoute(World.Decide(verdicts), terms));

    private KernelService Order() => Assert.Single(_world.Orders.Plan().For("n-0"));

    private string Labels() => string.Join(',', Order().PodSelector!.Select(label => $"{label.Key}={label.Value}"));

    private IEnumerable<(string Address, double Weight)> Weights() =>
        Assert.Single(Order().Ports).Endpoints.Select(endpoint => (endpoint.Address, endpoint.Weight));
}
