namespace Aviator.Simulation;

/// <summary>Equal pods, and load that rises.</summary>
internal static class LoadScenarios
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        Uniform(0.4),
        Uniform(0.55),
        Uniform(0.7),
        new("small fleet", "4 equal CPU-bound pods with 4 workers, exponential 10 ms, 80 % load; steady state")
        {
            Pods = () => Scenario.Pods(4, Latency.Exponential(10), workers: 4),
            Rate = 1280,
            Policy = Scenario.Policy(5).Half(4),
        },
        new("ramp", "10 equal pods with 2 workers, exponential 20 ms; load rises from 30 % to 95 % in 130 s and stays for 60 s")
        {
            Pods = () => Scenario.Pods(10, Latency.Exponential(20), workers: 2),
            Rate = 300,
            Policy = Scenario.Policy(5).Half(10),
            Play = simulator =>
            {
                for (; simulator.Rate < 950; simulator.Rate += 50) simulator.Run(10);
            },
            Measured = 60,
        },
        Step(0.25, 0.6),
        Step(0.2, 0.7),
        new("shedding", "10 equal pods with 4 workers, exponential 40 ms, 90 % load; more than 6 requests in flight are refused with 503")
        {
            Pods = () => Enumerable.Range(0, 10)
                .Select(i => new SimulatedPod($"p{i:000}", Latency.Exponential(40)) { Workers = 4, Limit = 6 }),
            Rate = 300,
            Policy = Scenario.Policy(5).Half(10),
            Before = 160,
            Disturb = simulator => simulator.Rate = 900,
            Settle = 60,
        },
    ];

    private static ScenarioDefinition Uniform(double load) => new($"equal pods {load:P0}",
        $"10 equal pods with one worker, 10 ms, {load:P0} load; steady state")
    {
        Pods = () => Scenario.Pods(10, Latency.Steady(10), workers: 1),
        Rate = 1000 * load,
        Policy = Scenario.Policy(5).Half(10),
        Before = 120,
        Measured = 180,
    };

    private static ScenarioDefinition Step(double before, double after) => new($"step {before * 100:0} to {after:P0}",
        $"10 equal pods with 2 workers, exponential 10 ms; load steps from {before:P0} to {after:P0}; 90 s from then on")
    {
        Pods = () => Scenario.Pods(10, Latency.Exponential(10), workers: 2),
        Rate = 2000 * before,
        Policy = Scenario.Policy(5).Half(10),
        Before = 160,
        Disturb = simulator => simulator.Rate = 2000 * after,
        Measured = 90,
    };
}
