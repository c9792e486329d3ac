namespace Aviator.Simulation;

/// <summary>Pods come and go.</summary>
internal static class FleetScenarios
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        new("cold start", "10 pods with 4 workers, exponential 20 ms, 40 % load; all are replaced at once by pods that are 4 times slower "
            + "at first and warm within 20 s; 90 s from then on")
        {
            Pods = () => Scenario.Pods(10, Latency.Exponential(20), workers: 4),
            Rate = 800,
            Policy = Scenario.Policy(5).Threshold(200).Half(10),
            Play = simulator =>
            {
                var old = simulator.Pods.ToList();
                var fresh = Enumerable.Range(0, 10).Select(i => Fresh($"new-{i:000}", 4)).ToList();
                foreach (var pod in fresh) simulator.Start(pod);
                foreach (var pod in old) simulator.Stop(pod);
                for (var slower = 4.0; slower > 1; slower -= 0.3)
                {
                    foreach (var pod in fresh) pod.Milliseconds = Latency.Exponential(20 * slower);
                    simulator.Run(2);
                }

                foreach (var pod in fresh) pod.Milliseconds = Latency.Exponential(20);
            },
            Measured = 70,
        },
        new("rolling update", "8 pods with 4 workers, exponential 20 ms, 40 % load; each 20 s a new pod, 3 times slower in its first 10 s, "
            + "takes the place of an old one")
        {
            Pods = () => Scenario.Pods(8, Latency.Exponential(20), workers: 4),
            Rate = 640,
            Policy = Scenario.Policy(5).Threshold(200).Half(8),
            Play = simulator =>
            {
                foreach (var old in simulator.Pods.ToList())
                {
                    var fresh = Fresh("new-" + old.Name, 3);
                    simulator.Start(fresh);
                    simulator.Run(5);
                    simulator.Stop(old);
                    simulator.Run(5);
                    fresh.Milliseconds = Latency.Exponential(20);
                    simulator.Run(10);
                }
            },
            Measured = 10,
        },
        new("scale 4 to 8 to 2", "pods with 8 workers, exponential 40 ms: 4 at 25 % load, then 8 at 38 % for 2 min, then 2 at 50 %")
        {
            Pods = () => Scenario.Pods(4, Latency.Exponential(40), workers: 8),
            Rate = 200,
            Policy = Scenario.Policy(5).Threshold(400).Half(4),
            Play = simulator =>
            {
                for (var i = 4; i < 8; i++) simulator.Start(new SimulatedPod($"p{i:000}", Latency.Exponential(40)) { Workers = 8 });
                simulator.Rate = 600;
                simulator.Run(120);
                foreach (var pod in simulator.Pods.Skip(2).ToList()) simulator.Stop(pod);
                simulator.Rate = 200;
            },
        },
    ];

    private static SimulatedPod Fresh(string name, double slower) => new(name, Latency.Exponential(20 * slower)) { Workers = 4 };
}
