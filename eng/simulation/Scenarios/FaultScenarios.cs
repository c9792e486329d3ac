namespace Aviator.Simulation;

/// <summary>Pods that fail, or that do not answer, or that are all slow.</summary>
internal static class FaultScenarios
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        new("sinkhole", "20 pods with 4 workers, exponential 40 ms, 50 % load; 2 fail all requests at once; 2 min from then on")
        {
            Pods = () => Scenario.Pods(20, Latency.Exponential(40), workers: 4),
            Rate = 1000,
            Policy = Scenario.Policy(5).Threshold(400).Half(20),
            Disturb = simulator =>
            {
                foreach (var pod in simulator.Pods.Take(2)) pod.FailFast = 1;
            },
        },
        new("black hole", "10 pods of 20 ms, 400 requests/s, clients give up after 5 s; one answers nothing; 3 min from then on")
        {
            Pods = () => Scenario.Pods(10, Latency.Steady(20)),
            Rate = 400,
            ClientTimeout = 5,
            Policy = Scenario.Policy(5).Half(10),
            Disturb = simulator => simulator.Pods[0].Hung = true,
            Measured = 180,
        },
        new("shared database", "10 pods with 8 workers, exponential 20 ms, 15 % load; all are 5 times slower for 60 s; 2 min from then on")
        {
            Pods = () => Scenario.Pods(10, Latency.Exponential(20), workers: 8),
            Rate = 600,
            Policy = Scenario.Policy(5).Threshold(200).Half(10),
            Play = simulator =>
            {
                simulator.Slow(10, Latency.Exponential(100));
                simulator.Run(60);
                simulator.Slow(10, Latency.Exponential(20));
            },
            Measured = 60,
        },
    ];
}
