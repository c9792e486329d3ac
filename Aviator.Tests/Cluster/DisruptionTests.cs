using Aviator.Kubernetes;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Agent and controller killed and paused in the middle of their work, and gone for good.</summary>
[Collection(Disruptive.Name)]
public sealed class DisruptionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Threshold = "selection: {mode: threshold}";

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { Fixture.Agent, Fixture.Controller }) process?.Send(Signal.Continue);
        await base.DisposeAsync();
    }

    [Fact]
    [Trait("Catalogue", "16")]
    public async Task ControllerKilled_WhileSteered_ChangesNothingAndItsSuccessorGoesOn()
    {
        await using var traffic = await SteeredTrafficAsync();
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await Fixture.Controller!.KillAsync();
        await ElapsedAsync(traffic, 3);
        var versions = Versions(await ShapeAsync());
        await Fixture.StartControllerAsync(null, Stop);
        await ElapsedAsync(traffic, 5);
        Assert.All(watch.Seen, seen => Assert.True(seen.Shape.OwnReady.SetEquals(Workload.Addresses("a", "b")), watch.Describe()));
        Assert.Equal(versions, Versions(await ShapeAsync()));
        await Workload.SetDelayAsync("slow", 10, Stop);
        await SteeredToAsync("a", "b", "slow");
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task ControllerKilled_WhileItTakesTheServiceOver_IsFinishedByItsSuccessor()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Threshold);
        await ShapeBecomesAsync("the first own slice", s => s.Own.Any());
        await Fixture.Controller!.KillAsync();
        await ElapsedAsync(traffic, 2);
        await Fixture.StartControllerAsync(null, Stop);
        await SteeredToAsync("a", "b");

        await DeletePolicyAsync();
        await ShapeBecomesAsync("the key to go", s => !s.Selector.ContainsKey(AviatorNames.SteeredKey));
        await Fixture.Controller!.KillAsync();
        await ElapsedAsync(traffic, 2);
        await Fixture.StartControllerAsync(null, Stop);
        await ReleasedAsync(original);
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task PolicyGone_WhileNoControllerRuns_TheNextOneHandsTheServiceBack()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await Fixture.Controller!.KillAsync();
        await DeletePolicyAsync();
        await Api.Kubectl.RunAsync(["patch", "avp", "policy", "-n", Namespace, "--type=merge", "-p",
            """{"metadata":{"finalizers":null}}"""], cancellationToken: Stop);
        await Waiting.UntilAsync("the policy to go", TimeLimits.Seconds(10), async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        Assert.True((await ShapeAsync()).IsSteered);
        await Fixture.StartControllerAsync(null, Stop);
        await ReleasedAsync(original);
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task ControllerPaused_WhileThePodsChange_WakesUpToThePresent()
    {
        await using var traffic = await SteeredTrafficAsync();
        Fixture.Controller!.Send(Signal.Stop);
        await Workload.AddAsync(Stop, "c");
        await ElapsedAsync(traffic, 8);
        Assert.True((await ShapeAsync()).OwnReady.SetEquals(Workload.Addresses("a", "b")));
        Fixture.Controller.Send(Signal.Continue);
        await SteeredToAsync("a", "b", "c");
        await NothingLostAsync(traffic);
        Assert.False(Fixture.Controller.HasExited, Fixture.Controller.Tail());
    }

    [Fact]
    [Trait("Catalogue", "9")]
    [Trait("Catalogue", "20")]
    public async Task AgentKilled_WhileSteered_FailsOpenAndRecovers()
    {
        await using var traffic = await SteeredTrafficAsync();
        await Fixture.Agent!.KillAsync();
        await ConditionBecomesAsync("Degraded", "True");
        await SteeredToAsync("a", "b", "slow");
        await Fixture.StartAgentAsync(null, Stop);
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Degraded", "False");
        await NothingLostAsync(traffic);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public async Task AgentPaused_WhileSteered_FailsOpenAndRecovers()
    {
        await using var traffic = await SteeredTrafficAsync();
        Fixture.Agent!.Send(Signal.Stop);
        await ConditionBecomesAsync("Degraded", "True");
        await SteeredToAsync("a", "b", "slow");
        Fixture.Agent.Send(Signal.Continue);
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Degraded", "False");
        await NothingLostAsync(traffic);
    }

    [Fact]
    [Trait("Catalogue", "21")]
    public async Task AgentWithoutRights_ToTheKernel_MeasuresByProbesAndSaysSo()
    {
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.StartAgentAsync(null, Stop, prefix: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]);
        try
        {
            await using var traffic = await SteeredTrafficAsync();
            await Waiting.UntilAsync("the policy to name its source", DecisionLimit, async () =>
                (await Api.PolicyAsync(Namespace, "policy", Stop))?.GetProperty("status").GetProperty("latencySource")
                    .GetString() == "probe", Stop);
            await NothingLostAsync(traffic);
        }
        finally
        {
            await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
            await Fixture.StartAgentAsync(null, Stop);
        }
    }

    [Fact]
    public async Task EmergencyLine_WithEverythingDown_HandsTheServiceBack()
    {
        await using var traffic = await SteeredTrafficAsync();
        try
        {
            await Fixture.Controller!.KillAsync();
            await Fixture.Agent!.KillAsync();
            await EmergencyLine.RunAsync(Api, Namespace, Workload.Service, Stop);
            await ShapeBecomesAsync("Kubernetes to publish the pods itself, and nobody else", s =>
                !s.Selector.ContainsKey(AviatorNames.SteeredKey) && !s.Own.Any() && s.Default.SelectMany(d => d.Ready).Count() == 3);
            var free = traffic.Now;
            await ElapsedAsync(traffic, 4);
            await NothingLostAsync(traffic);
            Assert.Equal(3, traffic.Snapshot(free).ByPod.Count);
        }
        finally
        {
            await Api.Kubectl.TryAsync(["patch", "avp", "policy", "-n", Namespace, "--type=merge", "-p",
                """{"metadata":{"finalizers":null}}"""], cancellationToken: Stop);
            await Api.Kubectl.TryAsync(["delete", "avp", "policy", "-n", Namespace, "--wait=false"], cancellationToken: Stop);
            await Fixture.RunAviatorAsync(Stop);
        }
    }

    private static IReadOnlyList<string> Versions(ObservedService shape) =>
        [.. shape.Own.Select(s => $"{s.Name} {s.ResourceVersion}").Order(StringComparer.Ordinal)];

    /// <summary>Two fast pods, a slow one, traffic, and a policy that has taken effect.</summary>
    private async Task<TrafficGenerator> SteeredTrafficAsync()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        return traffic;
    }
}
