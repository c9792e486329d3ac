using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>spec.connections.onEject: what becomes of the connections that clients keep open to a pod that is out of use.</summary>
public sealed class KernelConnectionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const int Workers = 16;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>Within this after the decision a pod out of use gets no request any more, whatever connections were open to it.</summary>
    private static readonly TimeSpan Follows = TimeLimits.Seconds(10);

    [Fact]
    public async Task KeptConnections_PodIsOutOfUse_FollowTheSelection()
    {
        var (traffic, slow, decided) = await SlowedAsync("CloseIdle");
        await using var _ = traffic;
        await Task.Delay(Follows + TimeSpan.FromSeconds(2), Stop);
        var all = await traffic.StopAsync();

        var there = all.Of(slow).Outcomes;
        var last = there.Max(request => request.StartedAt) - decided;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"The pod got its last request {last.TotalSeconds:0.0} s after the decision; {all.Failures.Count} of {all.Count} failed");
        Assert.True(last < Follows, $"it still got requests after {last.TotalSeconds:0.0} s");
        Assert.True(all.Failures.Count <= 1, all.DescribeFailures());
    }

    [Fact]
    public async Task KeptConnections_ByDefault_Stay()
    {
        var (traffic, slow, decided) = await SlowedAsync("Keep");
        await using var _ = traffic;
        await Task.Delay(Follows, Stop);
        var all = await traffic.StopAsync();

        Assert.True(traffic.Snapshot(decided + Follows - TimeSpan.FromSeconds(3)).Of(slow).Count > 0, "its connections are gone");
        Assert.Empty(all.Failures);
    }

    /// <summary>
    /// Four pods behind a pool of connections, of which the busiest turns slow; until the decision takes it out. A pool asks what it used
    /// last first, so a pod that has only connections further down may hardly be asked at all.
    /// </summary>
    private async Task<(PooledTraffic Traffic, string Slow, TimeSpan Decided)> SlowedAsync(string onEject)
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "d");
        var target = await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync($$"""
            routing: Kernel
            evaluationInterval: 1s
            selection: {mode: adaptive}
            connections: {onEject: {{onEject}}}
            """);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        var traffic = PooledTraffic.Start(target, Workers, Longest);
        try
        {
            await Waiting.UntilAsync("requests at three pods", TimeLimits.Decision, () =>
                Task.FromResult(traffic.Snapshot().ByPod.Values.Count(count => count > 200) >= 3), Stop,
                () => string.Join(", ", traffic.Snapshot().ByPod));
            var slow = traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(1)).ByPod.MaxBy(pod => pod.Value).Key;
            await Workload.SetDelayAsync(slow, 160, Stop);
            await Waiting.UntilAsync("the slow pod to be out of use", TimeLimits.Decision, async () =>
                (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value.GetProperty("status").TryGetProperty("activePods", out var active)
                && active.GetInt32() == 3, Stop);
            return (traffic, slow, traffic.Now);
        }
        catch
        {
            await traffic.DisposeAsync();
            throw;
        }
    }
}
