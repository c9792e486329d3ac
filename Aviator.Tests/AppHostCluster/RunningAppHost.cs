using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Aviator.Tests.AppHostCluster.RunningAppHost))]

namespace Aviator.Tests.AppHostCluster;

/// <summary>The AppHost on the test cluster, dashboard included, started by the first test that asks for it and shared by all.</summary>
public sealed class RunningAppHost : IAsyncLifetime
{
    /// <summary>The longest wait for all resources; a busy machine starts six .NET programs.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);

    private readonly SemaphoreSlim _once = new(1);
    private DistributedApplication? _app;

    /// <summary>The namespace of its workload.</summary>
    internal string Namespace { get; } = TestCluster.NewNamespace();

    /// <summary>The programs that have health checks.</summary>
    internal static IReadOnlyList<string> Programs { get; } = ["redis", "agent", "controller", "watchdog", "load"];

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Gives it, started, with all programs healthy. Skips the test where there is no cluster.</summary>
    internal async Task<DistributedApplication> RequireAsync(CancellationToken stop)
    {
        TestCluster.Require();
        await _once.WaitAsync(stop);
        try
        {
            return _app ??= await StartAsync(stop);
        }
        finally
        {
            _once.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
            await TestCluster.RemoveAsync(Namespace);
        }

        _once.Dispose();
    }

    private async Task<DistributedApplication> StartAsync(CancellationToken stop)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Aviator_AppHost>(
            [$"--Parameters:namespace={Namespace}"], (options, _) => options.DisableDashboard = false, stop);
        var app = await builder.BuildAsync(stop);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bound.CancelAfter(StartLimit);
        await app.StartAsync(bound.Token);
        foreach (var name in Programs)
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.StopOnResourceUnavailable, bound.Token);
        return app;
    }
}
