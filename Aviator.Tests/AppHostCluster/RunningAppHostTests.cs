using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Aviator.Tests.AppHostCluster;

/// <summary>The whole of it on the real cluster: real orchestrator, real programs, real traffic.</summary>
[Collection(nameof(RunningAppHost))]
public sealed class RunningAppHostTests(RunningAppHost host)
{
    private static readonly TimeSpan StateLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(90);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_OnTheTestCluster_EveryResourceIsHealthyOrFinished()
    {
        var app = await host.RequireAsync(Stop);
        foreach (var name in RunningAppHost.Programs)
        {
            var program = await app.ResourceNotifications.WaitForResourceAsync(name, r =>
                r.Snapshot.HealthStatus is HealthStatus.Healthy, Stop).WaitAsync(StateLimit, Stop);
            Assert.Equal(KnownResourceStates.Running, program.Snapshot.State?.Text);
        }

        var workload = await app.ResourceNotifications.WaitForResourceAsync("workload", r => r.Snapshot.ExitCode is not null, Stop)
            .WaitAsync(StateLimit, Stop);
        Assert.Equal((KnownResourceStates.Finished, 0), (workload.Snapshot.State?.Text, workload.Snapshot.ExitCode));
    }

    [Fact]
    public async Task Start_UnderLoad_ActiveBecomesTwoOfFour()
    {
        await host.RequireAsync(Stop);
        await ActiveBecomesAsync("2 of 4");
        Assert.Equal(2, (await TestCluster.ServiceAsync(host.Namespace, Stop)).Own?.Count);
    }

    [Fact]
    public async Task CommandSlow_FastPod_TrafficMovesAwayFromIt()
    {
        await host.RequireAsync(Stop);
        await ActiveBecomesAsync("2 of 4");
        var pod = await FirstPodAsync();
        await ServiceBecomesAsync($"{pod} to be in use", s => s.Own?.Contains(pod) is true);

        await CommandAsync("slow");
        await ServiceBecomesAsync($"traffic to leave {pod}", s => s.Own is { Count: > 0 } own && !own.Contains(pod));

        await CommandAsync("fast");
        await ServiceBecomesAsync($"traffic to come back to {pod}", s => s.Own?.Contains(pod) is true, TimeSpan.FromMinutes(4));
    }

    [Fact]
    public async Task CommandObserve_ThenEnforce_TheServiceIsHandedBackAndSteeredAgain()
    {
        await host.RequireAsync(Stop);
        await ActiveBecomesAsync("2 of 4");
        await CommandAsync("observe");
        await ServiceBecomesAsync("the Service to be handed back", s => s.IsHandedBack);
        await CommandAsync("enforce");
        await ServiceBecomesAsync("the Service to be steered", s => s is { IsSteered: true, Own.Count: 2 });
    }

    private async Task CommandAsync(string name)
    {
        var app = await host.RequireAsync(Stop);
        var result = await app.ResourceCommands.ExecuteCommandAsync("workload", name, Stop);
        Assert.True(result.Success, $"{name}: {result.Message}");
    }

    private Task ActiveBecomesAsync(string expected) => TestCluster.UntilAsync($"ACTIVE to be {expected}", MoveLimit, async () =>
    {
        var policy = await TestCluster.JsonAsync(Stop, "get", "avp", "echo", "-n", host.Namespace);
        var seen = policy.TryGetProperty("status", out var status) && status.TryGetProperty("activePods", out var active)
            ? $"{active} of {status.GetProperty("totalPods")}"
            : "no status";
        return (seen == expected, seen);
    }, Stop);

    private Task ServiceBecomesAsync(string what, Func<SteeredService, bool> condition, TimeSpan? limit = null) =>
        TestCluster.UntilAsync(what, limit ?? MoveLimit, async () =>
    {
        var service = await TestCluster.ServiceAsync(host.Namespace, Stop);
        return (condition(service), service.ToString());
    }, Stop);

    /// <summary>The address of the pod that the commands change: the first by name, which is one of the fast ones.</summary>
    private async Task<string> FirstPodAsync()
    {
        var pods = await TestCluster.JsonAsync(Stop, "get", "pods", "-n", host.Namespace, "-l", "app=echo");
        return pods.GetProperty("items").EnumerateArray()
            .OrderBy(p => p.GetProperty("metadata").GetProperty("name").GetString(), StringComparer.Ordinal).First()
            .GetProperty("status").GetProperty("podIP").GetString()!;
    }
}

/// <summary>The tests that share the running AppHost, one at a time: they change what its workload does.</summary>
[CollectionDefinition(nameof(RunningAppHost), DisableParallelization = true)]
public sealed class RunningAppHostGroup;
