using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aviator.Controller;

/// <summary>Alive while the work continues: if it ended by a fault, a restart helps.</summary>
internal sealed class RunningCheck(ControllerRuntime runtime) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(runtime.ExecuteTask is { IsCompleted: true }
            ? HealthCheckResult.Unhealthy("the controller's work has ended")
            : HealthCheckResult.Healthy());
}

/// <summary>Ready once every kind has been listed.</summary>
internal sealed class CachesCheck(ControllerRuntime runtime) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var missing = runtime.Missing();
        return Task.FromResult(missing.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"not listed yet: {string.Join(", ", missing)}"));
    }
}
