using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>The main job: traffic moves to the pods that answer fastest, and nothing is lost on the way there and back.</summary>
public sealed class SteeringTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private static readonly string[] FastAndSlow = ["fast-1", "fast-2", "slow-1:300", "slow-2:300"];

    [Fact]
    [Trait("Catalogue", "1")]
    [Trait("Catalogue", "32")]
    [Trait("Catalogue", "33")]
    public async Task Policy_AppliedAndDeletedUnderWrkLoad_SteersAndReleasesWithoutOneError()
    {
        await Workload.AddAsync(Stop, FastAndSlow);
        var target = await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await using var wrk = Wrk.Start(target, seconds: 120);
        await using var traffic = Traffic(target);

        await ApplyPolicyAsync();
        await SteeredToAsync("fast-1", "fast-2");
        var steered = traffic.Now;
        await ElapsedAsync(traffic, 8);
        var until = traffic.Now;
        var shape = await ShapeAsync();
        Assert.All(shape.Own, slice => Assert.Equal("Service", slice.Owner));
        // 1.20 leaves the condition out, unless a feature gate is set.
        Assert.All(shape.Own.SelectMany(s => s.Endpoints), e => Assert.Equal(e.Ready, e.Serving ?? e.Ready));
        Assert.Equal(4, shape.Own.Sum(s => s.Endpoints.Count));

        await DeletePolicyAsync();
        await ShapeBecomesAsync("the default slices to hold all pods again", s =>
            !s.Selector.ContainsKey("aviator.io/steered") && s.Default.SelectMany(d => d.Ready).Count() == 4);
        await ReleasedAsync(original);
        var released = traffic.Now;
        Assert.DoesNotContain("aviator", await Workload.FieldManagersAsync(Stop));
        await ElapsedAsync(traffic, 5);
        await Waiting.UntilAsync("the policy to go", TimeLimits.Kubernetes, async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);

        var all = await NothingLostAsync(traffic);
        // kube-proxy follows a slice within its sync period (1 s), so the share is counted from a little after.
        var after = traffic.Snapshot(steered + TimeSpan.FromSeconds(2), until);
        Assert.True(after.Share("slow-1", "slow-2") < 0.01, $"the slow pods still got {after.Share("slow-1", "slow-2"):P2}");
        Assert.InRange(traffic.Snapshot(released).Share("slow-1", "slow-2"), 0.3, 0.7);
        Assert.Equal(4, all.ByPod.Count);
        var load = await wrk.EndAsync(Stop);
        Assert.True(load.Errors == 0, load.Text);
    }

    [Fact]
    [Trait("Catalogue", "8")]
    [Trait("Catalogue", "37")]
    public async Task SlowPod_ExcludedAndFastAgain_IsReadmitted()
    {
        await Workload.AddAsync(Stop, "a", "b", "c:400");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        var excluded = traffic.Now;
        await ElapsedAsync(traffic, 20);
        var out20 = traffic.Snapshot(excluded + TimeSpan.FromSeconds(2), traffic.Now - TimeSpan.FromSeconds(1));
        Assert.True(out20.Share("c") < 0.01, $"trials alone sent {out20.Share("c"):P2} of the requests to the slow pod");

        await Workload.SetDelayAsync("c", 10, Stop);
        await SteeredToAsync("a", "b", "c");
        var back = traffic.Now;
        await ElapsedAsync(traffic, 5);
        Assert.InRange(traffic.Snapshot(back + TimeSpan.FromSeconds(1)).Share("c"), 0.2, 0.5);
        await NothingLostAsync(traffic);
    }

    [Fact]
    [Trait("Catalogue", "15")]
    public async Task KilledPod_Always_LeavesWithinASecond()
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "d");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        // The interval is long: membership must not wait for it.
        await ApplyPolicyAsync("evaluationInterval: 30s\nselection: {mode: percentage, percentage: 100}");
        await SteeredToAsync("a", "b", "c", "d");
        var killed = Workload.Pods["d"].Address.ToString();
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await ShapeBecomesAsync("the watch's first look", _ => watch.Seen.Count > 0);
        await Workload.KillAsync("d", Stop);
        var before = watch.Now; // how long the server takes to delete it is not Aviator's
        await Waiting.UntilAsync("the killed pod to leave", TimeLimits.Seconds(10), () =>
            Task.FromResult(watch.Seen.Any(s => !s.Shape.Ready.Contains(killed))), Stop);
        var gone = watch.Seen.First(s => !s.Shape.Ready.Contains(killed)).At;
        Assert.True(gone - before < TimeLimits.PodLeaves, $"it left {(gone - before).TotalSeconds:F2} s after it was deleted");
        Assert.True((await ShapeAsync()).OwnReady.SetEquals(Workload.Addresses("a", "b", "c")));
    }

    [Fact]
    [Trait("Catalogue", "18")]
    public async Task PodTurnsUnready_WhateverTheInterval_LeavesWithinASecondAndComesBack()
    {
        await Workload.AddAsync(["a", "b", "c"], (name, delay) => Workload.PodManifest(name, delay).Replace("      ports: [",
            "      readinessProbe: {httpGet: {path: /ready, port: 8081}, periodSeconds: 1, failureThreshold: 1}\n      ports: [",
                StringComparison.Ordinal), Stop);
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("evaluationInterval: 30s\nselection: {mode: percentage, percentage: 100}");
        await SteeredToAsync("a", "b", "c");
        var address = Workload.Pods["c"].Address.ToString();

        await Workload.SetAsync("c", "ready=0", Stop);
        await PodBecomesAsync("c", ready: false);
        var left = await ShapeBecomesAsync("the unready pod to leave", s => !s.Ready.Contains(address), TimeLimits.Seconds(10));
        Assert.True(left < TimeLimits.PodLeaves, $"it left {left.TotalSeconds:F2} s after it was seen unready");

        await Workload.SetAsync("c", "ready=1", Stop);
        await PodBecomesAsync("c", ready: true);
        var back = await ShapeBecomesAsync("the ready pod to be back", s => s.OwnReady.Contains(address), TimeLimits.Seconds(10));
        Assert.True(back < TimeLimits.PodReturns, $"it came back {back.TotalSeconds:F2} s after it was seen ready");
        await NothingLostAsync(traffic);
    }

    [Fact]
    [Trait("Catalogue", "5")]
    public async Task NewPod_OfUnknownSpeed_IsAdmittedAndThenRanked()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        await Workload.AddAsync(Stop, "new:300");
        var address = Workload.Pods["new"].Address.ToString();
        var entered = await ShapeBecomesAsync("the new pod to be admitted", s => s.OwnReady.Contains(address), TimeLimits.Seconds(5));
        Assert.True(entered < TimeLimits.PodEnters, $"admitted after {entered.TotalSeconds:F1} s");
        await SteeredToAsync("a", "b");
        var all = await NothingLostAsync(traffic);
        Assert.True(all.ByPod.GetValueOrDefault("new") > 0, "it was judged without ever having got a request");
    }

    /// <summary>
    /// hang: it accepts and reads, and never answers. no-accept: it never accepts, and the kernel takes connections in its place.
    /// </summary>
    [Theory]
    [InlineData("hang")]
    [InlineData("no-accept")]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "49")]
    public async Task HungPod_WithoutOneCompletion_Leaves(string mode)
    {
        await Workload.AddAsync(Stop, "a", "b", "c");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b", "c");
        await ElapsedAsync(traffic, 3);
        await Workload.SetAsync("c", $"mode={mode}", Stop);
        await SteeredToAsync("a", "b");
        var left = traffic.Now + TimeSpan.FromSeconds(2);
        await ElapsedAsync(traffic, 8);
        var all = await traffic.StopAsync();
        Assert.NotEmpty(all.Failures);
        Assert.DoesNotContain(all.Failures, f => f.StartedAt > left);
    }

    [Fact]
    [Trait("Catalogue", "3")]
    public async Task EstablishedConnections_WhenTheirPodLeaves_StayAndAreAnswered()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var target = await Workload.ExposeAsync(Stop);
        await using var kept = TrafficGenerator.Start(new() { Target = target, Connections = 24, KeepAlive = true });
        await using var traffic = Traffic(target, 40);
        await Waiting.UntilAsync("a kept connection to reach the slow pod", TimeLimits.Seconds(10), () =>
            Task.FromResult(kept.Snapshot().ByPod.ContainsKey("slow")), Stop);
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        var from = kept.Now + TimeSpan.FromSeconds(1);
        await ElapsedAsync(traffic, 4);
        await NothingLostAsync(traffic);
        var all = await NothingLostAsync(kept);
        Assert.True(kept.Snapshot(from).ByPod.ContainsKey("slow"), "a connection was moved or cut");
        Assert.Equal(3, all.ByPod.Count);
    }

    private Task<TimeSpan> PodBecomesAsync(string pod, bool ready) =>
        Waiting.UntilAsync($"pod {pod} to be {(ready ? "ready" : "unready")}", TimeLimits.Kubernetes, async () =>
        (await Api.GetAsync($"api/v1/namespaces/{Namespace}/pods/{pod}", Stop))!.Value.GetProperty("status").GetProperty("conditions")
            .EnumerateArray()
            .Any(c => c.GetProperty("type").GetString() == "Ready" && c.GetProperty("status").GetString() == (ready ? "True" : "False")),
            Stop, pause: TimeSpan.FromMilliseconds(20));
}
