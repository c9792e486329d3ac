using Aviator.Controller.Orders;
using Aviator.Controller.Steering;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>A policy with routing KernelAndService: whichever of the two carries its decisions out, they are in force.</summary>
public sealed class KernelAndServiceEvaluationTests : IDisposable
{
    private static readonly ObjectKey Web = new("shop", "web");
    private readonly KernelRoutes _routes = new();
    private readonly SteeringAnswers _answers = new(TimeProvider.System, () => []);
    private readonly EvaluationWorld _slices = new();
    private readonly EvaluationWorld _world;

    public KernelAndServiceEvaluationTests() =>
        _world = new(datapath: new KernelAndServiceDatapath(_slices, new KernelDatapath(_routes, _answers, new(TimeSpan.FromSeconds(5)))))
        {
            Policy = new()
            {
                Metadata = new() { NamespaceProperty = "shop", Name = "web", Uid = "p", Generation = 1 },
                Spec = new()
                {
                    TargetRef = new() { Name = "web" },
                    Routing = "KernelAndService",
                    EvaluationInterval = "1s",
                    Selection = new() { Mode = "threshold" },
                },
            },
        };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _world.Dispose();
        _slices.Dispose();
    }

    [Fact]
    public async Task Enforce_NoNodeSteers_TheSlicesCarryTheDecision_AndThePolicyIsReady()
    {
        Steers(false);
        await UntilExcludedAsync();
        Assert.False(_slices.Applied[^1].Admits("slow"));
        Assert.False(_world.Run.Memory.State!.Endpoints["slow"].Admitted);
        var status = _world.Statuses[^1];
        Assert.Equal((2, 3), (status.ActivePods, status.TotalPods));
        Assert.Equal(("True", "Steered"), (status.Condition("Steering")!.Status, status.Condition("Steering")!.Reason));
        Assert.Equal((0, 1), (status.Kernel!.SteeringNodes, status.Kernel.PassingNodes));
        Assert.Equal("True", status.Condition("Ready")!.Status);
    }

    [Fact]
    public async Task Enforce_BothSteer_BothHaveTheDecision()
    {
        Steers(true);
        await UntilExcludedAsync();
        Assert.False(_slices.Applied[^1].Admits("slow"));
        Assert.False(_routes.Find(Web)!.Decision.Admits("slow"));
        Assert.Equal("KernelAndService", _world.Statuses[^1].Condition("Steering")!.Reason);
    }

    /// <summary>Contested for hours, or taken over: the kernels go on, by decisions that are revised with each evaluation.</summary>
    [Theory]
    [InlineData("Emptying")]
    [InlineData("Contested")]
    public async Task Enforce_SlicesHoldEveryPod_TheDecisionIsInForceInTheKernels(string phase)
    {
        _slices.Apply = _ => new(Enum.Parse<SteeringPhase>(phase), "waiting", 0, TimeSpan.FromSeconds(15));
        Steers(true);
        await UntilExcludedAsync();
        Assert.False(_world.Run.Memory.State!.Endpoints["slow"].Admitted);
        Assert.Null(_world.Run.Memory.Pending);
        var steering = _world.Statuses[^1].Condition("Steering")!;
        Assert.Equal(("False", phase), (steering.Status, steering.Reason));
        Assert.Contains("Meanwhile 1 node gives", steering.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enforce_NeitherCarriesADecision_NothingIsRemembered()
    {
        _slices.Apply = _ => new(SteeringPhase.Publishing, "publishing", 1, TimeSpan.FromSeconds(1));
        Steers(false);
        for (var second = 0; second < 20; second++)
        {
            _world.Second();
            await _world.EnforceAsync(Stop);
        }

        Assert.Null(_world.Run.Memory.Decision);
        Assert.Null(_world.Run.Memory.Pending);
        Assert.True(_routes.Find(Web)!.Decision.Admits("slow"));
        Assert.Equal("False", _world.Statuses[^1].Condition("Steering")!.Status);
    }

    private void Steers(bool steering) =>
        _answers.Answered("agent", new SteeringAnswer { Node = "node", Steering = steering, Reason = "no hooks", Services = [] });

    private async Task UntilExcludedAsync()
    {
        for (var second = 0; second < 60; second++)
        {
            _world.Second();
            await _world.EnforceAsync(Stop);
            if (_world.Run.Memory.Decision is { } decision && !decision.Admits("slow")) return;
        }

        Assert.Fail("the slow pod was never decided against");
    }
}
