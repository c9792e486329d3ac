using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Orders;
using Aviator.Controller.State;
using Aviator.Controller.Steering;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>A policy with routing Kernel, from its first look over a decision to another leader.</summary>
public sealed class KernelEvaluationTests
{
    private static readonly ObjectKey Web = new("shop", "web");
    private readonly KernelRoutes _routes = new();
    private readonly SteeringAnswers _answers = new(TimeProvider.System, () => []);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enforce_FirstLook_OrdersEveryPod_AndThenTheDecision()
    {
        using var world = NewWorld();
        Steers(true);
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.False(world.Run.Pace.IsWarming);
        Assert.All((string[])["a", "b", "slow"], pod => Assert.True(_routes.Find(Web)!.Decision.Admits(pod)));

        await UntilExcludedAsync(world);
        Assert.False(world.Run.Memory.State!.Endpoints["slow"].Admitted);
        Assert.Equal((2, 3), (world.Statuses[^1].ActivePods, world.Statuses[^1].TotalPods));
        Assert.Equal("Kernel", world.Statuses[^1].Condition("Steering")!.Reason);
    }

    [Fact]
    public async Task Enforce_NoNodeSteers_StatusNeverSaysSo()
    {
        using var world = NewWorld();
        Steers(false);
        await UntilExcludedAsync(world);
        Assert.NotEmpty(world.Statuses);
        Assert.All(world.Statuses, status =>
        {
            Assert.Equal("False", status.Condition("Steering")!.Status);
            Assert.Equal(status.TotalPods, status.ActivePods);
        });
    }

    [Fact]
    public async Task Enforce_NewLeaderWithoutState_StartsWithEveryPod()
    {
        using var world = NewWorld();
        await UntilExcludedAsync(world);
        new KernelDatapath(_routes, _answers, new(TimeSpan.FromSeconds(5))).BeginTerm();
        _store.BeginTerm();
        world.Restart();

        await world.EnforceAsync(Stop);

        Assert.True(_routes.Find(Web)!.Decision.Admits("slow"));
    }

    [Fact]
    public async Task Enforce_NewLeaderWithTheStoredState_GoesOnWithItsSelection()
    {
        using var world = NewWorld();
        await UntilExcludedAsync(world);
        new KernelDatapath(_routes, _answers, new(TimeSpan.FromSeconds(5))).BeginTerm();
        world.Restart();

        await world.EnforceAsync(Stop);

        Assert.False(_routes.Find(Web)!.Decision.Admits("slow"));
        Assert.True(_routes.Find(Web)!.Decision.Admits("a"));
    }

    /// <summary>The nodes are not heard of for a moment after a change of leader, which is no news for people.</summary>
    [Fact]
    public async Task Enforce_NewLeaderHasHeardOfNoNode_TheStatusStands()
    {
        using var world = NewWorld(new AviatorPolicyStatus());
        _answers.Expect("agent", "node");
        await UntilExcludedAsync(world);
        Assert.Empty(world.Statuses);
        Steers(true);
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.Equal("True", Assert.Single(world.Statuses).Condition("Steering")!.Status);
    }

    private readonly MemoryPolicyStateStore _store = new();

    private EvaluationWorld NewWorld(AviatorPolicyStatus? status = null) =>
        new(_ => _store, datapath: new KernelDatapath(_routes, _answers, new(TimeSpan.FromSeconds(5))))
        {
            Policy = new()
            {
                Metadata = new() { NamespaceProperty = "shop", Name = "web", Uid = "p", Generation = 1 },
                Spec = new()
                {
                    TargetRef = new() { Name = "web" },
                    Routing = "Kernel",
                    EvaluationInterval = "1s",
                    Selection = new() { Mode = "threshold" },
                },
                Status = status,
            },
        };

    private void Steers(bool steering) =>
        _answers.Answered("agent", new SteeringAnswer { Node = "node", Steering = steering, Reason = "no hooks", Services = [] });

    private async Task UntilExcludedAsync(EvaluationWorld world)
    {
        for (var second = 0; second < 60; second++)
        {
            world.Second();
            await world.EnforceAsync(Stop);
            if (!_routes.Find(Web)!.Decision.Admits("slow")) return;
        }

        Assert.Fail("the slow pod was never decided against");
    }
}
