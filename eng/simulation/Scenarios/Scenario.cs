using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;

namespace Aviator.Simulation;

/// <summary>Shorthand for simulated Services.</summary>
internal static class Scenario
{
    public static PolicySettings Policy(double intervalSeconds) => new() { EvaluationInterval = TimeSpan.FromSeconds(intervalSeconds) };

    public static PolicySettings Threshold(this PolicySettings settings, double milliseconds) => settings with
    {
        LatencyThreshold = TimeSpan.FromMilliseconds(milliseconds),
        Selection = new() { Mode = SelectionModes.Threshold },
    };

    public static PolicySettings Breaker(this PolicySettings settings, double milliseconds = 500) => settings with
    {
        Breaker = new() { Enabled = true, P99Threshold = TimeSpan.FromMilliseconds(milliseconds) },
    };

    public static PolicySettings Percentage(this PolicySettings settings, int percentage) =>
        settings with { Selection = new() { Percentage = percentage } };

    /// <summary>spec.selection.topN is half of the pods, as the default percentage is.</summary>
    public static PolicySettings Half(this PolicySettings settings, int pods) =>
        settings with { Selection = settings.Selection with { TopN = (pods + 1) / 2 } };

    /// <summary>The first pods get another service time.</summary>
    public static void Slow(this Simulator simulator, int count, Func<Random, double> latency)
    {
        foreach (var pod in simulator.Pods.Take(count)) pod.Milliseconds = latency;
    }

    public static List<SimulatedPod> Pods(
        int count, Func<Random, double> latency, int workers = int.MaxValue, Stalls? stalls = null) =>
        [.. Enumerable.Range(0, count).Select(i => new SimulatedPod($"p{i:000}", latency) { Workers = workers, Stalls = stalls })];

    /// <summary>Two fast pods (10 ms) and two slow ones (500 ms), the demonstration's workload.</summary>
    public static List<SimulatedPod> TwoFastTwoSlow() =>
    [
        new("fast-a", Latency.Steady(10)), new("fast-b", Latency.Steady(10)), new("slow-c", Latency.Steady(500)),
            new("slow-d", Latency.Steady(500)),
    ];
}
