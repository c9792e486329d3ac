using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Controller.Reconciliation;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>What a policy would decide, by real reports and the decision itself.</summary>
public sealed class PolicySimulationTests : IDisposable
{
    private static readonly ObjectKey Key = new("shop", "web");
    private readonly EvaluationWorld _world = new() { Policy = Policy("threshold", latencyThreshold: "1s") };
    private readonly ApiConnection _connection;
    private readonly ReaderCatalog _readers;
    private readonly PolicySimulation _simulation;

    public PolicySimulationTests()
    {
        _connection = new(new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" }), _world.Time);
        _readers = new(_connection, null, _world.Time, NullLogger<ReaderCatalog>.Instance);
        _simulation = SimulationIn(_world);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _readers.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task ChangedThreshold_SaysWhoWouldLeave_AndChangesNothing()
    {
        for (var second = 0; second < 20; second++)
        {
            _world.Second();
            await _world.EnforceAsync(Stop);
        }

        var (applied, state, decision) = (_world.Applied.Count, _world.Run.Memory.State, _world.Run.Memory.Decision);
        Assert.True(decision!.Admits("slow"), "the policy in force lets 300 ms pass");

        var answer = await _simulation.RunAsync(Policy("threshold", latencyThreshold: "100ms"), Stop);

        Assert.Equal(("web", 3, 3, 2, null), (answer.Service, answer.Total, answer.ActiveNow, answer.Active, answer.Obstacle));
        Assert.InRange(answer.Evaluations, 3, 20);
        var slow = answer.Endpoints[0];
        Assert.Equal(("slow", 1.0, 0.0), (slow.Pod, slow.WeightNow, slow.Weight));
        Assert.InRange(slow.P99Ms!.Value, 280, 320);
        Assert.Contains("100 ms", slow.Reason, StringComparison.Ordinal);
        Assert.InRange(answer.Gain!.P99NowMs, 280, 320);
        Assert.InRange(answer.Gain.P99Ms, 1, 100);
        Assert.InRange(answer.Gain.Moved, 0.01, 0.99);
        Assert.All(answer.Endpoints.Skip(1), endpoint => Assert.Equal((1.0, 1.0), (endpoint.WeightNow, endpoint.Weight)));

        Assert.Equal(applied, _world.Applied.Count);
        Assert.Same(state, _world.Run.Memory.State);
        Assert.Same(decision, _world.Run.Memory.Decision);
    }

    /// <summary>What is out has no traffic now: what was last seen of it decides, as it does in the policy that is in force.</summary>
    [Fact]
    public async Task PolicyInForce_WouldDecideAsItHas()
    {
        using var world = new EvaluationWorld();
        await world.UntilExcludedAsync(Stop);
        var answer = await SimulationIn(world).RunAsync(world.Policy with { Spec = world.Policy.Spec with { Mode = "Observe" } }, Stop);

        Assert.Equal((2, 2), (answer.ActiveNow, answer.Active));
        Assert.Null(answer.Gain);
        Assert.Equal(("slow", 0.0, 0.0), Assert.Single(
            answer.Endpoints.Select(endpoint => (endpoint.Pod, endpoint.WeightNow, endpoint.Weight)), row => row.Pod == "slow"));
    }

    [Fact]
    public async Task WrongSpec_IsSaidByField()
    {
        var answer = await _simulation.RunAsync(Policy("fastest", latencyThreshold: "soon"), Stop);

        Assert.Contains(answer.Faults, fault => fault.StartsWith("spec.selection.mode: ", StringComparison.Ordinal));
        Assert.Contains(answer.Faults, fault => fault.StartsWith("spec.latencyThreshold: ", StringComparison.Ordinal));
        Assert.Empty(answer.Endpoints);
    }

    [Fact]
    public async Task ServiceThatIsNotThere_IsTheObstacle()
    {
        var policy = Policy("threshold", latencyThreshold: "100ms");
        var answer = await _simulation.RunAsync(policy with { Spec = policy.Spec with { TargetRef = new() { Name = "wbe" } } }, Stop);

        Assert.Equal(("There is no Service wbe in namespace shop.", 0), (answer.Obstacle, answer.Total));
    }

    /// <summary>A window of an hour in a file that is only tried must not have the reports of an hour kept.</summary>
    [Fact]
    public async Task LongWindow_OfASimulation_IsNotKeptFor()
    {
        var hour = Policy("threshold", latencyThreshold: "100ms");
        hour = hour with { Spec = hour.Spec with { Measurement = new() { MaxWindow = "1h", Window = "1h" } } };
        for (var second = 0; second < 200; second++)
        {
            _world.Second();
            if (second == 50) await _simulation.RunAsync(hour, Stop);
        }

        var answer = await _simulation.RunAsync(hour, Stop);

        // 75 s are kept, at 100 requests a second.
        Assert.All(answer.Endpoints, endpoint => Assert.InRange(endpoint.Samples, 5_000, 9_000));
    }

    /// <summary>With the world's policy and Service in the cluster that it sees.</summary>
    private PolicySimulation SimulationIn(EvaluationWorld world)
    {
        var policies = new PolicyStore(_connection, null, new(), world.Time, NullLogger<PolicyStore>.Instance);
        policies.Policies.Upsert(Key, world.Policy);
        world.Cluster.Services.Upsert(Key, EvaluationWorld.Service);
        return new(
            world.Cluster, new(new(world.Cluster, _readers), world.Cluster, new(policies, world.Cluster)), world.Evaluation,
            world.Evaluator, key => key == Key ? world.Run.Memory : null);
    }

    private static AviatorPolicy Policy(string mode, string latencyThreshold) => new()
    {
        Metadata = new() { NamespaceProperty = "shop", Name = "web", Uid = "p", Generation = 1 },
        Spec = new()
        {
            TargetRef = new() { Name = "web" },
            Mode = "Observe",
            EvaluationInterval = "1s",
            LatencyThreshold = latencyThreshold,
            Selection = new() { Mode = mode },
        },
    };
}
