using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>routing: Kernel while programs die: connects go on to the chosen pods or fall back to kube-proxy, and none is lost.</summary>
[Collection(Disruptive.Name)]
public sealed class KernelDisruptionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private static readonly TimeSpan FailOpenAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongerThanARestart = TimeSpan.FromMinutes(1); // the longest that a policy may say
    private readonly string _bpffs = Directory.CreateTempSubdirectory("aviator-bpffs-").FullName;
    private bool _mounted;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Command.Run("mount", "-t", "bpf", "bpf", _bpffs);
        _mounted = true;
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
        await StartAgentAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Fixture.Agent is { HasExited: false } agent) await agent.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.RunAviatorAsync(CancellationToken.None);
        if (_mounted) Command.Run("umount", "--lazy", _bpffs);
        Directory.Delete(_bpffs);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task AgentRestarted_WhileSteered_NoConnectIsGivenToASlowPod()
    {
        await using var traffic = await SteeredTrafficAsync(LongerThanARestart);
        var before = traffic.Now;
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
        await StartAgentAsync();
        await ElapsedAsync(traffic, 3);
        var after = traffic.Snapshot(before);
        Assert.True(after.Share("slow") < 0.01, $"the slow pod got {after.Share("slow"):P2} while the agent restarted");
        Assert.NotEmpty(Pins());
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task EverythingKilled_UnderLoad_KubeProxyChoosesInTimeAndNoRequestFails()
    {
        await using var traffic = await SteeredTrafficAsync(FailOpenAfter);
        await Task.WhenAll(Fixture.Controller!.KillAsync(), Fixture.Agent!.KillAsync());
        var killed = traffic.Now;
        await ElapsedAsync(traffic, FailOpenAfter.TotalSeconds + 5);
        Assert.NotEmpty(Pins()); // nobody was there to unpin them
        var still = traffic.Snapshot(killed, killed + TimeSpan.FromSeconds(3));
        Assert.True(still.Share("slow") < 0.01, $"the slow pod got {still.Share("slow"):P2} before the order was old");
        var open = traffic.Snapshot(killed + FailOpenAfter + TimeSpan.FromSeconds(1));
        Assert.InRange(open.Share("slow"), 0.15, 0.55);

        await StartAgentAsync();
        await Fixture.StartControllerAsync(null, Stop);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await Waiting.UntilAsync("the slow pod to be out again", DecisionLimit, () =>
            Task.FromResult(traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(3)).Share("slow") < 0.01), Stop);

        await DeletePolicyAsync();
        await Waiting.UntilAsync("the hooks to be gone", DecisionLimit, () => Task.FromResult(!Pins().Any()), Stop);
        await NothingLostAsync(traffic);
    }

    private IEnumerable<string> Pins() => Directory.Exists(PinPath) ? Directory.EnumerateFileSystemEntries(PinPath) : [];

    private string PinPath => Path.Combine(_bpffs, "aviator");

    private Task<ChildProcess> StartAgentAsync() =>
        Fixture.StartAgentAsync(new Dictionary<string, string> { ["Agent__Steering__PinPath"] = PinPath }, Stop);

    /// <summary>Two fast pods, a slow one, traffic, and a policy that has taken effect.</summary>
    /// <param name="failOpenAfter">The policy's.</param>
    private async Task<TrafficGenerator> SteeredTrafficAsync(TimeSpan failOpenAfter)
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync($$"""
            routing: Kernel
            kernel: {failOpenAfter: {{failOpenAfter.TotalSeconds}}s}
            selection: {mode: threshold}
            """);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await Waiting.UntilAsync("the slow pod to be out", DecisionLimit, () =>
            Task.FromResult(traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(2)).Share("slow") < 0.01), Stop);
        return traffic;
    }
}
