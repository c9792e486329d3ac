using Aviator.Controller.Boards;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Core.Boards;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>From reports through real evaluations to the board.</summary>
public sealed class BoardOfEvaluationsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Evaluations_ThatTakeAPodOut_AreOnTheBoard_WithTheReason()
    {
        var time = new FakeTimeProvider();
        var keeper = new BoardKeeper(new SoleLeadership(time), time);
        using var world = new EvaluationWorld(board: keeper);
        keeper.Sources = BoardSources.Over(world.Cluster, Policies(world), () => world.Nodes);

        await world.UntilExcludedAsync(Stop);

        var board = keeper.Compose();
        var policy = Assert.Single(board.Policies);
        Assert.Equal(("web", "Enforce", "ebpf", 3, 2), (policy.Name, policy.Mode, policy.Source, policy.Total, policy.Active));
        Assert.True(policy.HistoryAtMs.Count > 1);
        var slow = policy.Endpoints[0];
        Assert.Equal(("slow", false, "node"), (slow.Pod, slow.InUse, slow.Node));
        Assert.InRange(slow.P99Ms!.Value, 280, 320);
        Assert.Equal(policy.HistoryAtMs.Count, slow.History!.P99Ms.Count);
        Assert.InRange(policy.Endpoints.Sum(endpoint => endpoint.TrafficShare!.Value), 0.99, 1.01);
        Assert.Contains(policy.Decisions, entry => entry.Pod == "slow" && entry.Message == slow.Reason);
        Assert.Equal(
            new NodeBoard { Node = "node", Source = "ebpf", Hooks = "test", Coverage = 1, ReportAgeMs = 0 }, Assert.Single(board.Nodes));
    }

    private static PolicyStore Policies(EvaluationWorld world)
    {
        var connection = new ApiConnection(new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" }), world.Time);
        var policies = new PolicyStore(connection, null, new(), world.Time, NullLogger<PolicyStore>.Instance);
        policies.Policies.Upsert(new("shop", "web"), world.Policy);
        return policies;
    }

    [Fact]
    public async Task Replica_ThatDoesNotLead_ShowsNothingOfAnEarlierTerm()
    {
        var time = new FakeTimeProvider();
        using var world = new EvaluationWorld();
        var keeper = new BoardKeeper(world, time);
        using var evaluations = new EvaluationWorld(board: keeper);
        await evaluations.UntilExcludedAsync(Stop);
        Assert.NotEmpty(keeper.Compose().Policies);

        world.MayWrite = false;

        Assert.Equal((false, 0), (keeper.Compose().Leads, keeper.Compose().Policies.Count));
    }
}
