using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Orders;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Status;

/// <summary>Puts an evaluation into the words and units of the status. Pure.</summary>
internal static class StatusBuilder
{
    /// <summary>The status of a policy that was evaluated.</summary>
    /// <param name="previous">The status written last, whose conditions keep their times.</param>
    /// <param name="generation">The generation of the spec that was evaluated.</param>
    /// <param name="conditions">What the conditions say.</param>
    /// <param name="summary">The evaluation; null while there is none to speak of, which clears the figures.</param>
    /// <param name="source">The latency source in use; null while unknown.</param>
    /// <param name="now">Wall-clock time, for people.</param>
    /// <param name="kernel">What the nodes' kernels do; null where slices alone carry decisions out.</param>
    public static AviatorPolicyStatus Build(
        AviatorPolicyStatus? previous, long generation, PolicyConditions conditions, PolicySummary? summary, LatencySource? source,
        DateTimeOffset now, KernelStanding? kernel = null) => new()
        {
            ObservedGeneration = generation,
            LastEvaluationTime = summary is null
                ? null
                : new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero),
            ActivePods = KernelStatuses.Active(summary, kernel),
            TotalPods = summary?.Total ?? 0,
            AverageLatencyMs = Milliseconds(summary?.Average),
            P99LatencyMs = Milliseconds(summary?.P99),
            CircuitBrokenPods = summary?.Ejected ?? 0,
            LatencySource = source switch { LatencySource.Ebpf => "ebpf", LatencySource.Probe => "probe", _ => null },
            Coverage = summary?.Coverage is { } coverage ? Math.Round(coverage, 3) : null,
            StatusCoverage = summary?.StatusCoverage is { } seen ? Math.Round(seen, 3) : null,
            EstimatedGain = Gain(summary?.Gain),
            Kernel = KernelStatuses.Of(kernel),
            PodLatencies = [.. (summary?.Rows ?? []).Take(AviatorPolicyStatus.MaxPodLatencies).Select(Row)],
            Conditions = conditions.ToList(previous?.Conditions ?? [], generation, now),
        };

    private static EstimatedGain? Gain(GainEstimate? gain) => gain is null
        ? null
        : new()
        {
            MovedShare = Math.Round(gain.Moved, 3),
            P50NowMs = Milliseconds(gain.P50Now)!.Value,
            P99NowMs = Milliseconds(gain.P99Now)!.Value,
            P50Ms = Milliseconds(gain.P50)!.Value,
            P99Ms = Milliseconds(gain.P99)!.Value,
        };

    private static PodLatency Row(EndpointRow row) => new()
    {
        Name = row.Name,
        PodIp = row.Address,
        P50 = Milliseconds(row.P50),
        P99 = Milliseconds(row.P99),
        Samples = row.Samples,
        Rif = row.Rif,
        State = row.State.ToString(),
        Reason = row.Reason,
        Share = row.Weight,
    };

    /// <summary>
    /// Two decimals: the histogram's buckets are wider than that from 0.2 ms on. No more than a minute: failures count as slower than any
    /// answer, and a figure out of the histogram's last bucket would look like a measurement.
    /// </summary>
    private static double? Milliseconds(TimeSpan? time) =>
        time is { } value ? Math.Round(Math.Min(value.TotalMilliseconds, LatencyText.Infinite.TotalMilliseconds), 2) : null;
}
