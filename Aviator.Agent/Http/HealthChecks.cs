using Aviator.Agent.Bpf;
using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aviator.Agent.Http;

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
internal sealed class SourceHealthCheck(
    MeasurementSource source, FlowState flow, KernelStanding standing, ReadClock clock, AgentOptions options) : IHealthCheck
{
    private const string InFlightUnknown =
        "the requests in flight of some connections cannot be read, because no walk over them works here (the log says why): "
        + "a request that hangs there shows only when its connection ends";

    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (sequence, age, plan) = clock.LastRead;
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

        return Task.FromResult(Judge(sequence, age, health, data));
    }

    /// <summary>The worst finding comes first: what is wrong now, then what the agent does without.</summary>
    private HealthCheckResult Judge(long sequence, TimeSpan age, KernelHealth? health, Dictionary<string, object> data)
    {
        if (flow.Reason is { } dry) return Unhealthy(dry);
        if (clock.Failure is { } failure) return Unhealthy($"the last read of the kernel's counters failed: {failure}");
        if (sequence == 0) return Unhealthy("the counters have not been read yet");
        if (age > LeastPatience + (3 * options.SubWindow)) return Unhealthy($"the counters were last read {age.TotalSeconds:0.0} s ago");
        if (source.FellBack) return Degraded($"HTTP probes stand in for the kernel: {source.Detail}");
        if (health is { CanReadInFlight: false }) return Degraded(InFlightUnknown);
        return HealthCheckResult.Healthy(source.Detail, data);

        HealthCheckResult Unhealthy(string reason) => HealthCheckResult.Unhealthy(reason, data: data);
        HealthCheckResult Degraded(string reason) => HealthCheckResult.Degraded(reason, data: data);
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
