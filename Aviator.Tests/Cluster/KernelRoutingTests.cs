using System.Net;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>routing: Kernel: the node's kernel picks the pod when a client connects, and nothing in the cluster is written.</summary>
public sealed class KernelRoutingTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Kernel = "routing: Kernel";

    /// <summary>Milliseconds: pods that answer after 10 are as slow as this only where their machine pauses.</summary>
    private const double MachinePauses = 100;

    [Fact]
    public async Task Policy_AppliedAndDeletedUnderLoad_SteersByTheKernelAloneWithoutOneError()
    {
        await Workload.AddAsync(Stop, "fast-1", "fast-2", "slow-1:300", "slow-2:300");
        var target = await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await using var traffic = Traffic(target);
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);

        await ApplyPolicyAsync(Kernel);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ActiveBecomesAsync(2);
        var steered = traffic.Now;
        // For 7 s one of two equal pods may have 60 %, and 65 % where the other is a fifth slower; for 19 s 54 and 55 % (simulated: the
        // most of 400 plays).
        await ElapsedAsync(traffic, 20);
        var until = traffic.Now;
        var kernel = (await StatusAsync()).GetProperty("kernel");
        Assert.Equal(1, kernel.GetProperty("steeringNodes").GetInt32());
        Assert.Equal(0, kernel.GetProperty("passingNodes").GetInt32());

        await DeletePolicyAsync();
        await Waiting.UntilAsync("kube-proxy to choose again", DecisionLimit, () =>
            Task.FromResult(traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(3)).Share("slow-1", "slow-2") > 0.3), Stop);
        var all = await NothingLostAsync(traffic);

        var after = traffic.Snapshot(steered + TimeSpan.FromSeconds(1), until);
        TestContext.Current.TestOutputHelper?.WriteLine($"{after.Count} requests while steered, by pod: "
            + string.Join(", ", after.ByPod.OrderBy(pod => pod.Key).Select(pod => $"{pod.Key} {pod.Value}")));
        Assert.True(after.Share("slow-1", "slow-2") < 0.01, $"the slow pods still got {after.Share("slow-1", "slow-2"):P2}");
        Assert.InRange(after.Share("fast-1"), 0.4, 0.6);
        Assert.Equal(4, all.ByPod.Count);
        Assert.All(watch.Seen, seen => Assert.Equal(original.Describe(), seen.Shape.Describe()));
    }

    [Fact]
    [Trait("Catalogue", "15")]
    public async Task KilledPod_ControllerSilent_LeavesTheNodesTableWithinASecond()
    {
        await Workload.AddAsync(Stop, "a", "b", "c");
        var target = await Workload.ExposeAsync(Stop);
        await using var traffic = Traffic(target, 120);
        await ApplyPolicyAsync($"{Kernel}\nevaluationInterval: 30s");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ElapsedAsync(traffic, 2);

        await Workload.KillAsync("c", Stop);
        var killed = traffic.Now;
        await ElapsedAsync(traffic, 5);
        var all = await traffic.StopAsync();
        var late = traffic.Snapshot(killed + TimeLimits.PodLeaves);
        Assert.True(late.Failures.Count == 0, $"more than {TimeLimits.PodLeaves.TotalSeconds:0.#} s later: {late.DescribeFailures()}");
        Assert.True(late.Count > 0 && !late.ByPod.ContainsKey("c"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{all.Failures.Count} of {all.Count} requests met the pod that was killed.");
    }

    /// <summary>
    /// It is left alone at once, by what is open to it, and gets nothing after three evaluations with new evidence: few answers come from
    /// what gets few requests. The limits leave a busy machine twice the time that it takes. One that pauses by itself, so that the fast
    /// pods look slow as well, hides what is measured here: then it is measured again, three times at most.
    /// </summary>
    [Theory]
    [InlineData("1s", 9)]
    [InlineData("250ms", 5)]
    public async Task PodTurnsSlow_ShortInterval_LeavesWithinSeconds(string interval, int seconds)
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "d");
        var target = await Workload.ExposeAsync(Stop);
        var seen = await TurnSlowAsync(target, interval, seconds);
        var all = $"{seen}";
        for (var more = 2; more > 0 && seen.OthersP99 > MachinePauses; more--)
        {
            await DeletePolicyAsync();
            await Waiting.UntilAsync("the policy to go", ReleaseLimit, async () =>
                await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
            seen = await TurnSlowAsync(target, interval, seconds);
            all += $", {seen}";
        }

        Assert.True(seen.Share < 0.2, $"it got a larger share while nobody had decided: {all}");
        Assert.True(seen.Last < TimeLimits.Seconds(seconds), $"its last connection came late: {all}; {await StatusAsync()}");
    }

    /// <summary>Less than twice as slow is no reason to leave, and prequal gives it a smaller share; the others keep theirs.</summary>
    [Fact]
    public async Task Prequal_OnePodIsSomewhatSlower_StaysWithASmallerShare()
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "d:18");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop), 100);
        await ApplyPolicyAsync($"{Kernel}\nevaluationInterval: 1s\nselection: {{mode: prequal}}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        var reasons = new Dictionary<string, string>();
        await Waiting.UntilAsync("d to have a smaller share", DecisionLimit + DecisionLimit, async () =>
        {
            if (!(await StatusAsync()).TryGetProperty("podLatencies", out var pods)) return false;
            reasons = pods.EnumerateArray().ToDictionary(
                pod => pod.GetProperty("name").GetString()!, pod => pod.GetProperty("reason").GetString()!);
            return reasons.GetValueOrDefault("d", "").Contains("of a full share", StringComparison.Ordinal);
        }, Stop, () => string.Join("; ", reasons));
        var from = traffic.Now;
        await ElapsedAsync(traffic, 10);
        var share = traffic.Snapshot(from).Share("d");
        await NothingLostAsync(traffic);

        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join("; ", reasons)}; from then on it got {share:P1}");
        Assert.All(["a", "b", "c"], pod => Assert.DoesNotContain("share", reasons[pod], StringComparison.Ordinal));
        Assert.InRange(share, 0.02, 0.245); // three quarters of the others' is 0.2, and of 1,000 requests 0.045 are 3.6 standard deviations
    }

    /// <summary>Steers a Service of four equal pods, of which d then turns 16 times slower.</summary>
    /// <returns>
    /// When its last connection came, its share within the second after the first half, and the p99 of the others in milliseconds.
    /// </returns>
    private async Task<(TimeSpan Last, double Share, double OthersP99)> TurnSlowAsync(IPEndPoint target, string interval, int seconds)
    {
        await Workload.SetDelayAsync("d", 10, Stop);
        await using var traffic = Traffic(target, 200);
        await ApplyPolicyAsync($"{Kernel}\nevaluationInterval: {interval}\nselection: {{mode: adaptive}}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ActiveBecomesAsync(4);
        await ElapsedAsync(traffic, 12);

        await Workload.SetDelayAsync("d", 160, Stop);
        var slowed = traffic.Now;
        await ElapsedAsync(traffic, seconds + 2);
        var all = await NothingLostAsync(traffic);
        var last = all.Of("d").Outcomes.Max(request => request.StartedAt) - slowed;
        var share = traffic.Snapshot(slowed + TimeSpan.FromMilliseconds(500), slowed + TimeSpan.FromSeconds(1.5)).Share("d");
        var others = traffic.Snapshot(slowed - TimeSpan.FromSeconds(10)).Of("a", "b", "c").PercentileMs(0.99);
        TestContext.Current.TestOutputHelper?.WriteLine($"The slow pod got its last connection after {last.TotalSeconds:0.00} s, and "
            + $"{share:P1} within the second after the first half; p99 of the others {others:0} ms");
        return (last, share, others);
    }

    private async Task<JsonElement> StatusAsync() => (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value.GetProperty("status");

    private async Task ActiveBecomesAsync(int active)
    {
        var last = "";
        await Waiting.UntilAsync($"{active} active endpoints", DecisionLimit, async () =>
        {
            last = (await StatusAsync()).ToString();
            return (await StatusAsync()).TryGetProperty("activePods", out var now) && now.GetInt32() == active;
        }, Stop, () => last);
    }
}
