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

/// <summary>Own slices and the nodes' kernels carry one decision out, each as it can.</summary>
public sealed class KernelAndServiceDatapathTests : IAsyncLifetime
{
    private static readonly ObjectKey Web = new("shop", "web");
    private static readonly ServiceShape Plain = World.Web with { ClusterIps = ["10.96.0.1"], Ports = [World.Web.Ports[0]] };
    private readonly KernelRoutes _routes = new();
    private readonly SteeringAnswers _answers = new(TimeProvider.System, () => []);
    private FakeApiServer _server = null!;
    private ClusterView _cluster = null!;
    private Datapaths _datapaths = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static PolicyTerms Both { get; } = new(
        "web", null, PolicyMode.Enforce, PolicyRouting.KernelAndService, LatencySource.Ebpf, new())
    {
        Kernel = new(TimeSpan.FromSeconds(9)) { BesideSlices = true },
    };

    private IDatapath Datapath => _datapaths.For(Both);

    /// <summary>A Service that nobody touched, and a server that refuses every write.</summary>
    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(new ScriptedAnswers());
        var connection = _server.Connect();
        _cluster = new(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        _datapaths = Datapaths.Over(
            _cluster, connection, SliceDialect.V1, new SoleLeadership(TimeProvider.System), null, TimeProvider.System,
            NullLoggerFactory.Instance, _routes, _answers);
        _cluster.Services.Upsert(Web, Plain);
        foreach (var pod in Pods) _cluster.Pods.Upsert(new("shop", pod.Name), new(pod, null, []));
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private static PodShape[] Pods => [World.Ready("a", 1), World.Ready("b", 2), World.Ready("c", 3)];

    [Fact]
    public async Task Apply_SlicesAreRefused_TheKernelsHaveTheirOrderAllTheSame()
    {
        var decision = World.Decide(("a", 0));
        await Assert.ThrowsAsync<ApiException>(() => Datapath.ApplyAsync(Web, decision, Stop));
        Assert.Equal(new KernelRoute(decision, Both.Kernel), _routes.Find(Web));
        Assert.Contains("endpointslices", Assert.Single(_server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steer_AfterARestart_GivesTheKernelsWhatTheSlicesSay()
    {
        Steer(World.Decide(("a", 1), ("b", 0), ("c", 1)));
        var state = await Datapath.SteerAsync(Web, Stop);
        Assert.Equal((SteeringPhase.Steered, 0, null), (state.Phase, state.Writes, state.LookAgainAfter));
        Assert.Equal([true, false, true], ((string[])["a", "b", "c"]).Select(pod => _routes.Find(Web)!.Decision.Admits($"uid-{pod}")));
        Assert.Empty(_server.Requests);
    }

    /// <summary>One on trial is at 1 % in the kernels and not in the slices, which therefore need no write.</summary>
    [Fact]
    public async Task Apply_OnTrial_IsTheKernelsAlone_AndOneWithASmallShareIsInTheSlices()
    {
        Steer(World.Decide(("a", 1), ("b", 0), ("c", 1)));
        var decision = new Decision(new Dictionary<string, EndpointDecision>(World.Decide(("a", 1), ("c", 0.25)).Endpoints)
        {
            ["uid-b"] = new("uid-b", 0.01, EndpointState.Trial, "trial") { Breaker = World.Decide(("b", 0)).Endpoints["uid-b"].Breaker },
        });

        var state = await Datapath.ApplyAsync(Web, decision, Stop);

        Assert.True(state is { IsInPlace: true, Writes: 0 }, state.ToString());
        Assert.Same(decision, _routes.Find(Web)!.Decision);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task State_IsThatOfTheSlices_WithTheNodesBesideThem()
    {
        Steer(SliceRows.PlainMembership);
        var none = await Datapath.SteerAsync(Web, Stop);
        Assert.True(none is { IsSteered: true, TakesDecisions: true, IsInPlace: true, Kernel: { SlicesCarry: true, IsSteered: false } });

        Answer(steering: true);
        Assert.True((await Datapath.SteerAsync(Web, Stop)) is { IsSteered: true, Kernel: { SlicesCarry: true, Steering: 1 } });
    }

    /// <summary>The key is set, and Kubernetes has not emptied its slices yet: the decision is in force where a kernel steers.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task State_WhileTheServiceIsTakenOver_ADecisionIsInForceIfAKernelSteers(bool steering)
    {
        Steer(SliceRows.PlainMembership);
        foreach (var slice in DefaultSlices.Of(Plain, Pods)) _cluster.Slices.Upsert(new("shop", slice.Name), slice);
        Answer(steering);

        var state = await Datapath.ApplyAsync(Web, World.Decide(("a", 0)), Stop);

        Assert.Equal(SteeringPhase.Emptying, state.Phase);
        Assert.False(state.IsSteered);
        Assert.False(state.Kernel!.SlicesCarry);
        Assert.Equal((steering, steering), (state.TakesDecisions, state.IsInPlace));
        Assert.False(_routes.Find(Web)!.Decision.Admits("uid-a"));
        Assert.Empty(_server.Requests); // the slices hold every pod, as they should
    }

    [Fact]
    public async Task Release_TheOrderEndsAtOnce_AndTheServiceIsHandedBack()
    {
        Steer(World.Decide(("a", 0)));
        await Datapath.SteerAsync(Web, Stop);
        Assert.True(_datapaths.IsHeld(Web));
        await Assert.ThrowsAsync<ApiException>(() => _datapaths.ReleaseAsync(Web, Stop));
        Assert.True(_routes.IsEmpty);
        Assert.Contains("endpointslices", Assert.Single(_server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Service", true, false)]
    [InlineData("Shadow", true, true)]
    [InlineData("Kernel", false, true)]
    [InlineData("KernelAndService", false, false)]
    public async Task ReleaseOther_PolicyTurnsToAnotherRouting_EndsWhatThatDoesNotUse(string routing, bool endsOrders, bool handsBack)
    {
        Steer(World.Decide(("a", 0)));
        await Datapath.SteerAsync(Web, Stop);

        // The server refuses every write: that one was tried says that the Service is handed back.
        var release = _datapaths.ReleaseOtherAsync(Enum.Parse<PolicyRouting>(routing), Web, Stop);
        if (handsBack) await Assert.ThrowsAsync<ApiException>(() => release);
        else Assert.Null(await release);

        Assert.Equal((endsOrders, handsBack), (_routes.IsEmpty, !_server.Requests.IsEmpty));
    }

    [Fact]
    public async Task BeginTerm_OrdersOfAnEarlierTerm_AreForgotten()
    {
        Steer(SliceRows.PlainMembership);
        await Datapath.SteerAsync(Web, Stop);
        _datapaths.BeginTerm();
        Assert.True(_routes.IsEmpty);
    }

    private void Answer(bool steering) =>
        _answers.Answered("agent", new SteeringAnswer { Node = "n-0", Steering = steering, Reason = "no hooks", Services = [] });

    /// <summary>The Service with the key, and own slices that say this.</summary>
    private void Steer(Decision decision)
    {
        var keyed = Plain with { Selector = new LabelSet([.. Plain.Selector.All, new(ServiceShape.SteeredKey, "true")]) };
        _cluster.Services.Upsert(Web, keyed);
        var subsets = Membership.Resolve(keyed, Pods, _ => null);
        foreach (var slice in SliceServer.Apply([], SlicePlanner.Plan(keyed, subsets, decision, [], [])))
            _cluster.Slices.Upsert(new("shop", slice.Name), slice);
    }
}
