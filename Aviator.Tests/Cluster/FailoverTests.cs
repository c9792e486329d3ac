using Aviator.Kubernetes;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Two controllers, of which one leads and then does not any more: by every way in which that happens.</summary>
[Collection(Disruptive.Name)]
public sealed class FailoverTests(ClusterFixture cluster) : ReplicaTest(cluster)
{
    private const string Breaker = """
        selection: {mode: threshold}
        circuitBreaker: {enabled: true, p99Threshold: 200ms, consecutiveViolations: 2, recoveryInterval: 5m}
        """;

    [Fact]
    public async Task LeaderKilled_UnderWrkLoad_SuccessorDecidesWithinTwentySecondsAndWritesNothing()
    {
        var (one, two) = (await ControllerAsync("one", DefaultLease), await ControllerAsync("two", DefaultLease));
        var (target, traffic) = await SteeredAsync(Breaker);
        await using var _ = traffic;
        var (leader, standby) = (await LeaderAsync(one, two)).Leader == one ? (one, two) : (two, one);
        await Waiting.UntilAsync("the slow pod to be ejected", DecisionLimit, async () => await BrokenAsync() == 1, Stop);
        Assert.Equal(0, await standby.WritesAsync(Stop));
        Assert.Equal(0, await standby.MetricAsync("aviator_policy_evaluations_total", "", Stop));

        await using var wrk = Wrk.Start(target, seconds: 35);
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        var versions = Versions(await ShapeAsync());
        await leader.Process.KillAsync();
        var took = await Waiting.UntilAsync("the successor to decide", TimeLimits.ProgramReady, async () =>
            await standby.MetricAsync("aviator_policy_evaluations_total", "", Stop) > 0, Stop);
        Assert.True(took < TimeLimits.Failover, $"decided after {took.TotalSeconds:F1} s");
        TestContext.Current.TestOutputHelper?.WriteLine($"The successor decided {took.TotalSeconds:F1} s after the leader was killed.");
        await ElapsedAsync(traffic, 5);
        Assert.Equal(versions, Versions(await ShapeAsync()));
        Assert.All(watch.Seen, seen => Assert.True(seen.Shape.OwnReady.SetEquals(Workload.Addresses("a", "b")), watch.Describe()));
        Assert.Equal(1, await BrokenAsync());

        await Workload.AddAsync(Stop, "c");
        await SteeredToAsync("a", "b", "c");
        await NothingLostAsync(traffic);
        var load = await wrk.EndAsync(Stop);
        Assert.True(load.Errors == 0, load.Text);
    }

    [Fact, Trait("Catalogue", "34")]
    public async Task LeaderStopped_ForLongerThanTheLease_WritesNothingWhenItGoesOn()
    {
        var (one, two) = (await ControllerAsync("one", ShortLease), await ControllerAsync("two", ShortLease));
        var (_, traffic) = await SteeredAsync("selection: {mode: threshold}");
        await using var _ = traffic;
        var (old, standby) = (await LeaderAsync(one, two)).Leader == one ? (one, two) : (two, one);
        old.Process.Send(Signal.Stop);
        await LeaderAsync(standby);

        // What an old leader would act upon at once.
        await Workload.AddAsync(Stop, "c");
        await SteeredToAsync("a", "b", "c");
        var versions = Versions(await ShapeAsync());
        var before = File.ReadAllLines(old.Process.LogPath).Length;
        old.Process.Send(Signal.Continue);
        var writes = await old.WritesAsync(Stop);
        Assert.False(await old.LeadsAsync(Stop));
        await ElapsedAsync(traffic, 6);
        Assert.Equal(writes, await old.WritesAsync(Stop));
        var said = string.Join('\n', File.ReadAllLines(old.Process.LogPath)[before..]);
        foreach (var deed in (string[])["Wrote EndpointSlice", "selector key", "Began to lead"])
            Assert.DoesNotContain(deed, said, StringComparison.Ordinal);
        Assert.Equal(versions, Versions(await ShapeAsync()));
        Assert.True(await standby.LeadsAsync(Stop));
        await NothingLostAsync(traffic);
    }

    /// <summary>
    /// A leader that hangs keeps its Lease for 15 s, and Kubernetes does not touch slices that are not its own. A pod that goes in that
    /// time would keep its share of the traffic until another replica leads.
    /// </summary>
    [Fact]
    public async Task LeaderHangs_PodIsDeletedMeanwhile_LeavesInTwoSecondsAndNothingElseIsDecided()
    {
        var (one, two) = (await ControllerAsync("one", DefaultLease), await ControllerAsync("two", DefaultLease));
        var (_, traffic) = await SteeredAsync("selection: {mode: threshold}");
        await using var _ = traffic;
        var (old, standby) = (await LeaderAsync(one, two)).Leader == one ? (one, two) : (two, one);
        Assert.Equal(0, await standby.WritesAsync(Stop));
        var gone = Workload.Pods["b"].Address.ToString();
        old.Process.Send(Signal.Stop);
        await Workload.KillAsync("b", Stop);
        var took = await ShapeBecomesAsync("the pod that is gone to leave", shape => !shape.OwnReady.Contains(gone));

        Assert.True(took < TimeLimits.PodLeavesWithoutLeader, $"it left after {took.TotalSeconds:F1} s");
        Assert.True((await ShapeAsync()).OwnReady.SetEquals(Workload.Addresses("a")), (await ShapeAsync()).Describe());
        Assert.False(await standby.LeadsAsync(Stop));
        Assert.Equal(0, await standby.MetricAsync("aviator_policy_evaluations_total", "", Stop));
        TestContext.Current.TestOutputHelper?.WriteLine($"The pod left {took.TotalSeconds:F1} s after it was deleted.");

        old.Process.Send(Signal.Continue);
        await LeaderAsync(old, standby);
        await Workload.AddAsync(Stop, "c");
        await SteeredToAsync("a", "c");
    }

    [Fact]
    public async Task LeaderAskedToEnd_HandsOverInUnderTwoSeconds_AndTheLastOneToTheWatchdog()
    {
        await UseShippedAccountsAsync();
        var releaseAfter = TimeSpan.FromSeconds(6);
        await WatchdogAsync(releaseAfter);
        var (one, two) = (await ControllerAsync("one", DefaultLease), await ControllerAsync("two", DefaultLease));
        var (_, traffic) = await SteeredAsync("selection: {mode: threshold}");
        await using var _ = traffic;
        var (leader, standby) = (await LeaderAsync(one, two)).Leader == one ? (one, two) : (two, one);
        leader.Process.Send(Signal.Terminate);
        var took = (await LeaderAsync(standby)).Took;
        Assert.True(took < TimeLimits.HandOver, $"handed over after {took.TotalSeconds:F1} s");
        TestContext.Current.TestOutputHelper?.WriteLine($"Handed over in {took.TotalSeconds:F1} s.");
        await ElapsedAsync(traffic, 3);
        Assert.True((await ShapeAsync()).IsSteered);

        Assert.True(await standby.Process.StopAsync(TimeLimits.ProgramEnd));
        Assert.Equal("", await HolderAsync());
        await ShapeBecomesAsync("the watchdog to hand the Service back", Plain, releaseAfter + TimeLimits.Seconds(5));
        await Waiting.UntilAsync("the Event on the Service", DecisionLimit, async () =>
            (await Api.ListAsync($"api/v1/namespaces/{Namespace}/events", Stop)).Any(note =>
            note.GetProperty("reason").GetString() == "Released" &&
                note.GetProperty("involvedObject").GetProperty("kind").GetString() == "Service"), Stop);
        Assert.All(Replicas, replica =>
            Assert.DoesNotContain("forbidden", File.ReadAllText(replica.Process.LogPath), StringComparison.OrdinalIgnoreCase));
        await NothingLostAsync(traffic);
    }

    /// <summary>Two fast pods, a slow one, traffic, and a policy that has taken effect.</summary>
    private async Task<(System.Net.IPEndPoint Target, TrafficGenerator Traffic)> SteeredAsync(string spec)
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var target = await Workload.ExposeAsync(Stop);
        var traffic = Traffic(target);
        await ApplyPolicyAsync(spec);
        await SteeredToAsync("a", "b");
        return (target, traffic);
    }

    private async Task<int> BrokenAsync() =>
        await Api.PolicyAsync(Namespace, "policy", Stop) is { } policy && policy.TryGetProperty("status", out var status) &&
        status.TryGetProperty("circuitBrokenPods", out var broken) ? broken.GetInt32() : 0;

    private static bool Plain(ObservedService shape) =>
        !shape.Selector.ContainsKey(AviatorNames.SteeredKey) && shape.Default.SelectMany(slice => slice.Ready).Count() == 3;

    private static IReadOnlyList<string> Versions(ObservedService shape) =>
        [.. shape.Own.Select(s => $"{s.Name} {s.ResourceVersion}").Order(StringComparer.Ordinal)];
}
