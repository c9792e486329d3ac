namespace Aviator.Simulation;

/// <summary>What others have measured and published; they say whether the balancers here are built right.</summary>
internal static class PublishedScenarios
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        Testbed("testbed 70 %", 0.7),
        Testbed("testbed 90 %", 0.9),
        Testbed("testbed 105 %", 1.05),
        new("ingress",
            "16 pods of 50 ms, 2 of them 16 times slower, no queue in the pods (IO-bound), 500 requests/s through one client; steady state")
        {
            Pods = () => Scenario.Pods(16, Latency.Steady(50)),
            Rate = 500,
            Clients = 1,
            Policy = Scenario.Policy(5).Half(16),
            Disturb = simulator => simulator.Slow(2, Latency.Steady(800)),
            Settle = 80,
            Measured = 240,
        },
    ];

    /// <summary>
    /// The HTTP testbed of prequal-rs: 20 servers with 4 cores, half of them at half the speed, 20 clients, 40 ms of work, neighbours that
    /// take or leave more every second. Load is against the speed without neighbours.
    /// </summary>
    private static ScenarioDefinition Testbed(string name, double load) => new(name,
        $"20 pods with 4 cores, 10 at half the speed, 6 beside noisy neighbours, exponential work of 40 ms, {load:P0} load, 20 clients")
    {
        Pods = () => Enumerable.Range(0, 20).Select(i => new SimulatedPod($"p{i:000}", Work(BaseSpeed(i))) { Workers = 4 }),
        Rate = 1500 * load,
        Clients = 20,
        Policy = Scenario.Policy(5).Half(20),
        Measured = 80,
        Weather = random => new Neighbours(random).Pass,
    };

    private static double BaseSpeed(int pod) => pod < 10 ? 0.5 : 1;

    private static Func<Random, double> Work(double speed) => Latency.Exponential(40 / speed);

    /// <summary>Changes the speed of each pod about once a second.</summary>
    private sealed class Neighbours(Random random)
    {
        private const double Step = 0.1;
        private readonly Dictionary<SimulatedPod, double> _next = [];

        public void Pass(Simulator simulator, double seconds)
        {
            for (var end = simulator.Now + seconds; simulator.Now < end - (Step / 2);)
            {
                foreach (var pod in simulator.Pods)
                {
                    if (_next.GetValueOrDefault(pod) > simulator.Now) continue;
                    _next[pod] = simulator.Now + Between(0.7, 1.3);
                    pod.Milliseconds = Work(BaseSpeed(pod.Number) * Factor(noisy: pod.Number % 10 < 3));
                }

                simulator.Run(Step);
            }
        }

        private double Factor(bool noisy) =>
            !noisy ? Between(1.2, 2) : random.NextDouble() < 0.5 ? Between(0.3, 0.7) : Between(0.9, 1.3);

        private double Between(double least, double most) => least + ((most - least) * random.NextDouble());
    }
}
