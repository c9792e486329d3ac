using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>Kernels carry decisions out: nothing is written, and what a policy turns away from is handed back.</summary>
public sealed class KernelDatapathTests : IAsyncLifetime
{
    private static readonly ObjectKey Web = new("shop", "web");
    private readonly ScriptedAnswers _script = new();
    private readonly KernelRoutes _routes = new();
    private readonly SteeringAnswers _answers = new(TimeProvider.System, () => []);
    private FakeApiServer _server = null!;
    private ClusterView _cluster = null!;
    private Datapaths _datapaths = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static PolicyTerms Kernel { get; } =
        new("web", null, PolicyMode.Enforce, PolicyRouting.Kernel, LatencySource.Ebpf, new()) { Kernel = new(TimeSpan.FromSeconds(9)) };

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        var connection = _server.Connect();
        _cluster = new(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        _datapaths = Datapaths.Over(
            _cluster, connection, SliceDialect.V1, new SoleLeadership(TimeProvider.System), null, TimeProvider.System,
            NullLoggerFactory.Instance, _routes, _answers);
        _cluster.Services.Upsert(Web, World.Web with { ClusterIps = ["10.96.0.1"] });
        _cluster.Pods.Upsert(new("shop", "a"), new(World.Ready("a"), null, []));
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Apply_IsInPlaceAtOnce_AndWritesNothing()
    {
        var (datapath, decision) = (_datapaths.For(Kernel), World.Decide(("a", 0)));
        Assert.Empty(datapath.Published(Web).Endpoints);
        var first = await datapath.SteerAsync(Web, Stop);
        Assert.Equal((SteeringPhase.Steered, 0, null), (first.Phase, first.Writes, first.LookAgainAfter));
        Assert.True(_routes.Find(Web)!.Decision.Admits("uid-a"));

        await datapath.ApplyAsync(Web, decision, Stop);
        Assert.Same(decision, _datapaths.For(Kernel).Published(Web));
        Assert.Equal(new KernelRoute(decision, new(TimeSpan.FromSeconds(9))), _routes.Find(Web));
        await datapath.SteerAsync(Web, Stop);
        Assert.Same(decision, _routes.Find(Web)!.Decision);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Apply_UntilANodeIsSeenTo_IsNotSteered()
    {
        var datapath = _datapaths.For(Kernel);
        Assert.False((await datapath.SteerAsync(Web, Stop)).IsSteered);
        _answers.Answered("agent", new SteeringAnswer { Node = "n-0", Steering = false, Reason = "too old", Services = [] });
        Assert.False((await datapath.SteerAsync(Web, Stop)).IsSteered);
        _answers.Answered("agent", new SteeringAnswer { Node = "n-0", Steering = true, Reason = "", Services = [] });
        Assert.True((await datapath.SteerAsync(Web, Stop)).IsSteered);
    }

    [Fact]
    public async Task Apply_SameSelectionAgain_IsNoChange()
    {
        var datapath = _datapaths.For(Kernel);
        await datapath.ApplyAsync(Web, World.Decide(("a", 1)), Stop);
        var changed = _routes.Changed.Next;
        await datapath.ApplyAsync(Web, World.Decide(("a", 1), ("b", 1)), Stop);
        Assert.False(changed.IsCompleted);
        await datapath.ApplyAsync(Web, World.Decide(("a", 1), ("b", 0)), Stop);
        Assert.True(changed.IsCompleted);
        changed = _routes.Changed.Next;
        await _datapaths.For(Kernel with { Kernel = new(TimeSpan.FromSeconds(2)) }).SteerAsync(Web, Stop);
        Assert.True(changed.IsCompleted);
        changed = _routes.Changed.Next;
        await _datapaths.For(Kernel with { Kernel = new(TimeSpan.FromSeconds(2), CloseIdle: true) }).SteerAsync(Web, Stop);
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public async Task Release_OrANewTerm_ForgetsIt_WithNothingToWaitFor()
    {
        await _datapaths.For(Kernel).ApplyAsync(Web, World.Decide(("a", 1)), Stop);
        Assert.Null(await _datapaths.ReleaseAsync(Web, Stop));
        Assert.True(_routes.IsEmpty);

        await _datapaths.For(Kernel).ApplyAsync(Web, World.Decide(("a", 1)), Stop);
        Assert.Null(await _datapaths.RemoveAsync(Web, Stop));
        Assert.True(_routes.IsEmpty);

        await _datapaths.For(Kernel).ApplyAsync(Web, World.Decide(("a", 1)), Stop);
        _datapaths.BeginTerm();
        Assert.True(_routes.IsEmpty);
        Assert.False(_datapaths.IsHeld(Web));
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("Service")]
    [InlineData("Shadow")]
    public async Task ReleaseOther_PolicyTurnsToSlices_TheOrderEnds(string routing)
    {
        await _datapaths.For(Kernel).ApplyAsync(Web, World.Decide(("a", 1)), Stop);
        await _datapaths.ReleaseOtherAsync(Enum.Parse<PolicyRouting>(routing), Web, Stop);
        Assert.True(_routes.IsEmpty);
    }

    /// <summary>The selector that holds Aviator's key is given back, as on any release; the order stands meanwhile.</summary>
    [Fact]
    public async Task ReleaseOther_PolicyTurnsFromTheServiceToKernel_TheServiceIsHandedBack()
    {
        var keyed = World.Web with
        {
            ClusterIps = ["10.96.0.1"],
            Selector = new LabelSet([.. World.Web.Selector.All, new(ServiceShape.SteeredKey, "true")]),
        };
        _cluster.Services.Upsert(Web, keyed);
        await _datapaths.For(Kernel).ApplyAsync(Web, World.Decide(("a", 1)), Stop);

        // The server refuses every write: what counts is that the slices which come first were tried, and that the order stands.
        await Assert.ThrowsAsync<ApiException>(() => _datapaths.ReleaseOtherAsync(PolicyRouting.Kernel, Web, Stop));

        Assert.Contains("endpointslices", Assert.Single(_server.Requests), StringComparison.Ordinal);
        Assert.False(_routes.IsEmpty);
    }

    [Fact]
    public void Remembered_OfAStoredState_KeepsOutWhoWasOut()
    {
        var state = PolicyState.Initial with
        {
            Endpoints = PolicyState.Initial.Endpoints
                .With("in", new() { Admitted = true })
                .With("out", new())
                .With("held", new() { HeldInUse = true })
                .With("ejected", new() { Admitted = true, Breaker = new(BreakerPhase.Open, 0, 0, TimeSpan.FromMinutes(1)) }),
        };
        var decision = Aviator.Controller.Reconciliation.Restoration.Remembered(state);
        Assert.Equal(["held", "in"], state.Endpoints.Keys.Where(decision.Admits));
        Assert.Equal(EndpointState.Ejected, decision.Endpoints["ejected"].State);
        Assert.Equal(BreakerPhase.Open, decision.Endpoints["ejected"].Breaker.Phase);
    }
}
