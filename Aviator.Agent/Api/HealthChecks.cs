using Aviator.Agent.Interest;
using Aviator.Agent.Sources;
using Aviator.Agent.Windows;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aviator.Agent.Api;

/// <summary>Alive: the reading loop turns. A loop that hangs in a system call is helped by a restart; a read that fails is not.</summary>
internal sealed class LoopHealthCheck(ReadClock clock, AgentOptions options) : IHealthCheck
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var patience = TimeSpan.FromTicks(Math.Max(LeastPatience.Ticks, (10 * options.SubWindow).Ticks));
        var since = clock.SinceTurn;
        return Task.FromResult(since <= patience
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"the reading loop has not turned for {since.TotalSeconds:0} s"));
    }
}

/// <summary>Ready: the source is attached and its numbers are fresh.</summary>
internal sealed class SourceHealthCheck(MeasurementSource source, FlowState flow, KernelStanding standing, ReadClock clock, AgentOptions options) : IHealthCheck
{
    private const string InFlightUnknown = "the requests in flight of some connections cannot be read, because no walk over them works here (the log says "
        + "why): a request that hangs there shows only when its connection ends";

    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (sequence, age, plan) = clock.LastRead;
        var patience = LeastPatience + (3 * options.SubWindow);
        var data = new Dictionary<string, object>
        {
            ["source"] = source.Kind == LatencySource.Ebpf ? "ebpf" : "probe",
            ["hooks"] = source.Counters is null ? "none" : source.Detail,
            ["reads"] = sequence,
            ["ageSeconds"] = Math.Round(age.TotalSeconds, 3),
            ["endpoints"] = plan.Endpoints.Count,
        };
        var health = standing.Health;
        if (health is not null)
        {
            data["readsInFlight"] = health.CanReadInFlight;
            data["walk"] = health.Walk ?? "none";
            data["takesUpConnections"] = health.CanAdopt;
        }

        return Task.FromResult(
            clock.Failure is { } failure ? HealthCheckResult.Unhealthy($"the last read of the kernel's counters failed: {failure}", data: data)
            : sequence == 0 ? HealthCheckResult.Unhealthy("the counters have not been read yet", data: data)
            : age > patience ? HealthCheckResult.Unhealthy($"the counters were last read {age.TotalSeconds:0.0} s ago", data: data)
            : flow.Reason is { } dry ? HealthCheckResult.Unhealthy(dry, data: data)
            : source.FellBack ? HealthCheckResult.Degraded($"HTTP probes stand in for the kernel: {source.Detail}", data: data)
            : health is { CanReadInFlight: false } ? HealthCheckResult.Degraded(InFlightUnknown, data: data)
            : HealthCheckResult.Healthy(source.Detail, data));
    }
}

/// <summary>Ready: the agent knows what to measure. An impaired plan still serves; no plan at all does not.</summary>
internal sealed class InterestHealthCheck(InterestBoard board) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (state, reason) = board.Status;
        var unmeasurable = board.Plan.Unmeasurable;
        var data = new Dictionary<string, object> { ["unmeasurablePods"] = unmeasurable.Count };
        if (unmeasurable.Count > 0) data["example"] = $"{unmeasurable[0].Namespace}/{unmeasurable[0].Pod}: {unmeasurable[0].Reason}";
        return Task.FromResult(state switch
        {
            InterestState.Waiting => HealthCheckResult.Unhealthy(reason, data: data),
            InterestState.Impaired => HealthCheckResult.Degraded(reason, data: data),
            _ => HealthCheckResult.Healthy(data: data),
        });
    }
}
