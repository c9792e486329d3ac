using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>routing: KernelAndService while programs die: what one of the two ways loses, the other has.</summary>
[Collection(Disruptive.Name)]
public sealed class KernelAndServiceDisruptionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Both = "routing: KernelAndService\nselection: {mode: threshold}";

    public override async ValueTask DisposeAsync()
    {
        if (Namespace.Length > 0) await Fixture.RunAviatorAsync(CancellationToken.None);
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The order grows old on its node, and kube-proxy chooses there: from own slices, so the slow pod stays out.</summary>
    [Fact]
    public async Task AgentKilled_UnderLoad_TheSlicesSteerOn()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = await SteeredTrafficAsync();
        // The one agent is also who measures: with this interval the decision stands for a minute without it.
        await ApplyPolicyAsync($"{Both}\nevaluationInterval: 10s");
        await ElapsedAsync(traffic, 2);
        await Fixture.Agent!.KillAsync();
        var killed = traffic.Now;
        await ElapsedAsync(traffic, 14);
        var after = traffic.Snapshot(killed);
        Assert.True(after.Count > 100 && after.Share("slow") < 0.01, $"the slow pod got {after.Share("slow"):P2}");
        await ConditionBecomesAsync("Steering", "True", "Steered");
        Assert.True((await ShapeAsync()).IsSteered);
        var (_, _, message) = (await ConditionAsync("Steering"))!.Value;
        Assert.Contains("No node's kernel steers", message, StringComparison.Ordinal);

        await Fixture.RunAviatorAsync(Stop);
        await ConditionBecomesAsync("Steering", "True", "KernelAndService");
        await NothingLostAsync(traffic);
    }

    /// <summary>Nobody writes a slice and nobody sends an order: the agent sees by the pod itself that it is gone.</summary>
    [Fact]
    [Trait("Catalogue", "15")]
    public async Task PodKilled_ControllerDead_LeavesTheNodesTableWithinASecond()
    {
        await Workload.AddAsync(Stop, "a", "b", "c");
        await using var traffic = await SteeredTrafficAsync("kernel: {failOpenAfter: 30s}", 120);
        await Fixture.Controller!.KillAsync();
        await ElapsedAsync(traffic, 1);

        await Workload.KillAsync("c", Stop);
        var killed = traffic.Now;
        await ElapsedAsync(traffic, 6);
        var late = traffic.Snapshot(killed + TimeLimits.PodLeaves);
        Assert.True(late.Failures.Count == 0, $"more than {TimeLimits.PodLeaves.TotalSeconds:0.#} s later: {late.DescribeFailures()}");
        Assert.True(late.Count > 0 && !late.ByPod.ContainsKey("c"));
        var all = await traffic.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all.Failures.Count} of {all.Count} requests met the pod that was killed.");
    }

    private async Task<TrafficGenerator> SteeredTrafficAsync(string spec = "", double requestsPerSecond = 60)
    {
        var traffic = Traffic(await Workload.ExposeAsync(Stop), requestsPerSecond);
        await ApplyPolicyAsync($"{Both}\n{spec}");
        await SteeredToAsync(Workload.Pods.Keys.Where(pod => pod != "slow"));
        await ConditionBecomesAsync("Steering", "True", "KernelAndService");
        await ElapsedAsync(traffic, 2);
        return traffic;
    }
}
