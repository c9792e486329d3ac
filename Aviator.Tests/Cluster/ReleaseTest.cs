using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>A test of what the chart installs: its pods instead of the processes that the other tests share.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="byClientSide">Whether Helm applies by itself (<see cref="ChartRelease.ByClientSide"/>).</param>
public abstract class ReleaseTest(ClusterFixture cluster, bool byClientSide = false) : ClusterTest(cluster)
{
    /// <summary>A hook's pod that has ended may stay; it holds no port.</summary>
    private static readonly string Running = Uri.EscapeDataString("status.phase!=Succeeded,status.phase!=Failed");

    private protected ChartRelease Release { get; } = new() { ByClientSide = byClientSide };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        // The chart's agent wants the port of the one that all other tests use; they start theirs again when they need it.
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed) await ReportReleaseAsync();
            await Release.DisposeAsync();
            await PodsAreGoneAsync();
        }
        finally
        {
            await base.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Helm waits for what it deletes, not for the pods of that. The agent's keeps its port until it has ended, and the next test starts an
    /// agent on that port.
    /// </summary>
    private Task<TimeSpan> PodsAreGoneAsync()
    {
        var left = "";
        return Waiting.UntilAsync("the release's pods to end", TimeLimits.Collection, async () =>
        {
            var pods = await Api.ListAsync($"api/v1/namespaces/{ChartRelease.Home}/pods?fieldSelector={Running}", CancellationToken.None);
            left = string.Join(", ", pods.Select(pod => pod.GetProperty("metadata").GetProperty("name").GetString()));
            return pods.Count == 0;
        }, CancellationToken.None, () => left);
    }

    /// <summary>Prints what may tell why the test failed.</summary>
    private protected abstract Task ReportReleaseAsync();
}
