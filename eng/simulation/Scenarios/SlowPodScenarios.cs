namespace Aviator.Simulation;

/// <summary>Some pods are slower than others.</summary>
internal static class SlowPodScenarios
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        OneOfFour("slow pod, first minute", "4 pods of 10 ms, 200 requests/s; one turns 50 times slower; the minute from then on")
            with { Measured = 60 },
        OneOfFour("slow pod", "the same a minute later; steady state") with { Settle = 60, Measured = 300 },
        new("graded fleet", "12 pods with 8 workers, 4 each of 10, 14 and 19 ms, exponential, 40 requests/s each; steady state")
        {
            Pods = () => Enumerable.Range(0, 12)
                .Select(i => new SimulatedPod($"p{i:000}", Latency.Exponential(i < 4 ? 10 : i < 8 ? 14 : 19)) { Workers = 8 }),
            Rate = 480,
            Policy = Scenario.Policy(5).Half(12),
            Settle = 120,
            Measured = 240,
        },
        new("moving antagonist", "10 pods with 4 workers at 40 % load, exponential; each 30 s another pod is 3 times slower")
        {
            Pods = () => Scenario.Pods(10, Latency.Exponential(40), workers: 4),
            Rate = 400,
            Policy = Scenario.Policy(5).Threshold(400).Half(10),
            Play = simulator =>
            {
                for (var i = 0; i < 10; i++)
                {
                    var victim = simulator.Pods[i * 7 % 10];
                    victim.Milliseconds = Latency.Exponential(120);
                    simulator.Run(30);
                    victim.Milliseconds = Latency.Exponential(40);
                }
            },
            Measured = 0,
        },
        new("thousand pods", "1,000 pods with 4 workers, exponential 10 ms, 2 requests/s each; 10 are 20 times slower; steady state")
        {
            Pods = () => Scenario.Pods(1000, Latency.Exponential(10), workers: 4),
            Rate = 2000,
            SubWindow = 5,
            Policy = Scenario.Policy(5).Half(1000),
            Before = 60,
            Disturb = simulator => simulator.Slow(10, Latency.Exponential(200)),
            Settle = 60,
            Measured = 60,
        },
        new("low traffic", "8 pods, exponential 20 ms, 1 request/s each; one turns 10 times slower; half an hour from then on")
        {
            Pods = () => Scenario.Pods(8, Latency.Exponential(20)),
            Rate = 8,
            Policy = Scenario.Policy(5).Half(8),
            Before = 600,
            Disturb = simulator => simulator.Slow(1, Latency.Exponential(200)),
            Measured = 1800,
        },
        new("slow pod in a zone", "12 pods in 3 zones, clients prefer their own; one pod of 10 ms takes 400 ms; steady state")
        {
            Pods = () => InThreeZones(i => Latency.Steady(10)),
            Rate = 240,
            Policy = Scenario.Policy(5).Half(12),
            Disturb = simulator => simulator.Slow(1, Latency.Steady(400)),
            Settle = 90,
            Measured = 300,
        },
        new("slow zone", "12 pods in 3 zones with 4 workers, clients prefer their own; all of one zone are 4 times slower; steady state")
        {
            Pods = () => InThreeZones(i => Latency.Exponential(i < 4 ? 40 : 10), workers: 4),
            Rate = 348,
            Policy = Scenario.Policy(5).Half(12),
            Measured = 300,
        },
    ];

    private static ScenarioDefinition OneOfFour(string name, string description) => new(name, description)
    {
        Pods = () => Scenario.Pods(4, Latency.Steady(10)),
        Rate = 200,
        Policy = Scenario.Policy(5).Half(4),
        Disturb = simulator => simulator.Slow(1, Latency.Steady(500)),
    };

    private static IEnumerable<SimulatedPod> InThreeZones(Func<int, Func<Random, double>> latency, int workers = int.MaxValue) =>
        Enumerable.Range(0, 12).Select(i => new SimulatedPod($"p{i:000}", latency(i)) { Zone = $"zone {"abc"[i / 4]}", Workers = workers });
}
