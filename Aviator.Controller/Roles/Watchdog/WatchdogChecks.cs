using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>Alive while the work continues.</summary>
internal sealed class WatchingCheck(WatchdogService watchdog) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watchdog.ExecuteTask is { IsCompleted: true }
            ? HealthCheckResult.Unhealthy("the watchdog's work has ended")
            : HealthCheckResult.Healthy());
}

/// <summary>Ready once the cluster has been listed.</summary>
internal sealed class SyncedCheck(WatchdogService watchdog) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watchdog.IsSynced ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("waiting for the first lists"));
}
