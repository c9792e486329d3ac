using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;

namespace Aviator.Tests.Unit.Simulation;

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

    public static List<SimulatedPod> Pods(int count, Func<Random, double> latency, int workers = int.MaxValue) =>
        [.. Enumerable.Range(0, count).Select(i => new SimulatedPod($"p{i:000}", latency) { Workers = workers })];

    /// <summary>Two fast pods (10 ms) and two slow ones (500 ms), the demonstration's workload.</summary>
    public static List<SimulatedPod> TwoFastTwoSlow() =>
    [
        new("fast-a", Latency.Steady(10)), new("fast-b", Latency.Steady(10)), new("slow-c", Latency.Steady(500)),
            new("slow-d", Latency.Steady(500)),
    ];
}
