using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions;

/// <summary>
/// Names every fault of a policy's settings by field, with what is allowed: what the schema cannot see, and what it may have missed.
/// </summary>
public static class PolicySettingsValidator
{
    private static readonly TimeSpan ShortestLatency = TimeSpan.FromTicks(10);
    private static readonly TimeSpan LongestLatency = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OneHour = TimeSpan.FromHours(1);

    /// <summary>
    /// All faults, one sentence each ("spec.evaluationInterval: 50ms is below 100ms; use 100ms to 10m"); empty when there is none.
    /// </summary>
    public static IReadOnlyList<string> Validate(PolicySettings settings)
    {
        var faults = new List<string>();
        Time(faults, "spec.latencyThreshold", settings.LatencyThreshold, ShortestLatency, LongestLatency);
        Time(faults, "spec.evaluationInterval", settings.EvaluationInterval, ShortestInterval, LongestInterval);
        if (!SelectionModes.All.Contains(settings.Selection.Mode))
        {
            var known = string.Join(" or ", SelectionModes.All.Select(mode => mode.Name));
            faults.Add($"spec.selection.mode: \"{settings.Selection.Mode.Name}\" is not known; use {known}");
        }

        if (settings.Engine is not null && (settings.Selection.Mode != SelectionModes.Prequal || !settings.CarriesWeights))
        {
            faults.Add("spec.engine: only shares go by an engine's queue; set spec.selection.mode: prequal and spec.routing: Kernel or "
                + "KernelAndService, or leave spec.engine out");
        }

        Number(faults, "spec.selection.topN", settings.Selection.TopN, 1, int.MaxValue);
        Number(faults, "spec.selection.percentage", settings.Selection.Percentage, 1, 100);
        Time(faults, "spec.circuitBreaker.p99Threshold", settings.Breaker.P99Threshold, ShortestLatency, LongestLatency);
        Number(faults, "spec.circuitBreaker.consecutiveViolations", settings.Breaker.ConsecutiveViolations, 1, 1000);
        Time(faults, "spec.circuitBreaker.recoveryInterval", settings.Breaker.RecoveryInterval, OneSecond, OneHour);
        Number(faults, "spec.dampening.thresholdPercent", settings.Dampening.ThresholdPercent, 1, 100);
        Number(faults, "spec.dampening.consecutiveIntervals", settings.Dampening.ConsecutiveIntervals, 1, 1000);
        Time(faults, "spec.measurement.window", settings.Measurement.Window, OneSecond, OneHour);
        Time(faults, "spec.measurement.maxWindow", settings.Measurement.MaxWindow, OneSecond, OneHour);
        if (settings.Measurement.MaxWindow < settings.Measurement.Window)
        {
            var window = GoDuration.Format(settings.Measurement.Window);
            faults.Add($"spec.measurement.window: {window} is above spec.measurement.maxWindow "
                + $"({GoDuration.Format(settings.Measurement.MaxWindow)}); lower it, or set maxWindow to {window} or more");
        }

        Number(faults, "spec.measurement.minSamples", settings.Measurement.MinSamples, 5, 1_000_000);
        Number(faults, "spec.safety.minEndpoints", settings.Safety.MinEndpoints, 1, int.MaxValue);
        Number(faults, "spec.safety.panicThreshold", settings.Safety.PanicThreshold, 0, 100);
        return faults;
    }

    private static void Time(List<string> faults, string field, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value >= least && value <= most) return;
        var (side, limit) = value < least ? ("below", least) : ("above", most);
        var range = $"{GoDuration.Format(least)} to {GoDuration.Format(most)}";
        faults.Add($"{field}: {GoDuration.Format(value)} is {side} {GoDuration.Format(limit)}; use {range}");
    }

    private static void Number(List<string> faults, string field, int value, int least, int most)
    {
        if (value >= least && value <= most) return;
        var range = most == int.MaxValue ? $"{least} or more" : $"{least} to {most}";
        faults.Add($"{field}: {value} is {(value < least ? $"below {least}" : $"above {most}")}; use {range}");
    }
}
