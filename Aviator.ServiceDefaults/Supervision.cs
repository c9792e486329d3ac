using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.ServiceDefaults;

/// <summary>Tasks that are one process's work: none may end while the others continue.</summary>
public static partial class Supervision
{
    /// <summary>
    /// Waits for tasks that run until <paramref name="stopping"/> is cancelled, and then for all of them to end. Should one end sooner, by
    /// a fault or without one, this ends at once with it: a process that lost a part of itself and looks alive would never be restarted.
    /// </summary>
    /// <param name="tasks">The tasks; at least one.</param>
    /// <param name="stopping">What ends them in good order.</param>
    /// <exception cref="InvalidOperationException">A task ended by itself, without a fault.</exception>
    public static async Task WhenStoppedAsync(IReadOnlyCollection<Task> tasks, CancellationToken stopping)
    {
        var first = await Task.WhenAny(tasks).ConfigureAwait(false);
        if (!stopping.IsCancellationRequested)
        {
            await first.ConfigureAwait(false);
            throw new InvalidOperationException("A background task exited before shutdown was requested.");
        }

        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Runs a host until it is asked to end, or a background service of it fails: the host ends then by itself, but as if nothing had
    /// happened.
    /// </summary>
    /// <param name="host">The host; disposed at the end.</param>
    /// <returns>The exit code: 0 after an orderly end, 1 when a background service failed. What failed is in the host's log.</returns>
    public static async Task<int> RunToExitCodeAsync(this IHost host)
    {
        try
        {
            var services = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
            var (gate, log) = (host.Services.GetService<HostLogGate>(), host.Services.GetRequiredService<ILogger<HostLogGate>>());
            using var _ = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() =>
            {
                if (!Faults(services).Any()) gate?.Open();
            });
            await host.StartAsync().ConfigureAwait(false);
            await host.WaitForShutdownAsync().ConfigureAwait(false);
            var faults = Faults(services).ToList();
            if (gate is { IsOpen: false }) // the host's own lines about them were kept back
                foreach (var fault in faults)
                    LogFailed(log, fault);
            return faults.Count > 0 ? 1 : 0;
        }
        finally
        {
            if (host is IAsyncDisposable disposable) await disposable.DisposeAsync().ConfigureAwait(false);
            else host.Dispose();
        }
    }

    private static IEnumerable<Exception> Faults(IEnumerable<BackgroundService> services) =>
        services.Select(service => service.ExecuteTask?.Exception?.InnerException).OfType<Exception>();

    [LoggerMessage(Level = LogLevel.Critical, Message = "A background service failed while the process started")]
    private static partial void LogFailed(ILogger log, Exception fault);
}
