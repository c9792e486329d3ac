using Aviator.Controller.Cluster;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>Follows the cluster and the controllers' Lease, and releases what is steered whenever no controller is left to do it.</summary>
internal sealed partial class WatchdogService(
    ApiConnection connection, WatchdogStanding standing, LeaseWatch watch, IEventRecorder events, WatchdogMetrics metrics,
    UnattendedPolicies policies, IOptions<WatchdogOptions> options, ILoggerFactory loggers)
    : BackgroundService
{
    /// <summary>How often to look for policies that nobody decides for: a new one says so within three of its usual intervals.</summary>
    private static readonly TimeSpan CorrectEvery = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger<WatchdogService>();
    private ClusterView? _cluster;

    /// <summary>Whether the cluster has been listed: before that nothing could be released.</summary>
    public bool IsSynced => _cluster is { Services.IsSynced: true, Pods.IsSynced: true, Slices.IsSynced: true, Nodes.IsSynced: true };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (await SliceDialect.WhenDetectedAsync(connection, LogAway, TimeProvider.System, stoppingToken) is not { } dialect) return;
        var cluster = _cluster = new(
            connection, dialect, options.Value.Namespace, new ReflectorOptions(), TimeProvider.System, loggers.CreateLogger<ClusterView>());
        var datapaths = Datapaths.Over(cluster, connection, dialect, standing, null, TimeProvider.System, loggers);
        using var loop = new ReleaseLoop(cluster, datapaths, TimeProvider.System, loggers.CreateLogger<ReleaseLoop>())
        {
            Began = service => ReportBegun(cluster, service),
            Ended = service =>
            {
                metrics.Ended();
                LogReleased(service);
            },
        };
        Task[] parts =
        [
            cluster.RunAsync(stoppingToken),
            standing.RunAsync(stoppingToken),
            watch.RunAsync(stoppingToken),
            ReleaseAsync(cluster, loop, stoppingToken),
        ];
        await Supervision.WhenStoppedAsync(parts, stoppingToken);
    }

    private async Task ReleaseAsync(ClusterView cluster, ReleaseLoop loop, CancellationToken stopping)
    {
        try
        {
            await cluster.WhenSyncedAsync(stopping);
            for (LeaderTerm? term = null; ;)
            {
                term = await standing.NextTermAsync(term, stopping);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
                await Task.WhenAll(loop.RunAsync(either.Token), CorrectAsync(either.Token));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends; the next watchdog continues from what is seen.
        }
    }

    private async Task CorrectAsync(CancellationToken stopping)
    {
        try
        {
            // Again and again: policies are created while no controller lives.
            while (true)
            {
                await policies.CorrectAsync(Unattended.ByWatchdog, stopping);
                await Task.Delay(CorrectEvery, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // A controller is back, and writes what is true.
        }
    }

    private void ReportBegun(ClusterView cluster, ObjectKey service)
    {
        metrics.Began();
        if (cluster.Services.Find(service) is not { } found) return;
        events.Record(new(
            new("v1", "Service", found.Namespace, found.Name, found.Uid), EventReason.Released,
            "No controller of Aviator has renewed its Lease for too long; the Service is handed back to its own slices.", Warning: true));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Released Service {Service}")]
    private partial void LogReleased(ObjectKey service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to ask the API server what it offers: {Error}")]
    private partial void LogAway(string error);
}
