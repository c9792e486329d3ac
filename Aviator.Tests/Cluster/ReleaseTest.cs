using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>A test of what the chart installs: its pods instead of the processes that the other tests share.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="byClientSide">Whether Helm applies by itself (<see cref="ChartRelease.ByClientSide"/>).</param>
public abstract class ReleaseTest(ClusterFixture cluster, bool byClientSide = false) : ClusterTest(cluster)
{
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
        }
        finally
        {
            await base.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Prints what may tell why the test failed.</summary>
    private protected abstract Task ReportReleaseAsync();
}
