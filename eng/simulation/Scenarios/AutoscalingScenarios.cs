namespace Aviator.Simulation;

/// <summary>
/// A Deployment with a HorizontalPodAutoscaler (HPA), three pods of which turn slow: what an autoscaler makes of pods that are ready and
/// get nothing. They have a table of their own, by the arms of <see cref="Arm.Autoscaling"/>.
/// </summary>
internal static class AutoscalingScenarios
{
    private const double Milliseconds = 40;

    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        .. Fleet("twice as slow", 1.8, 245),
        .. Fleet("6 times slower", 6, 150),
    ];

    /// <summary>The same Service with an HPA by each target.</summary>
    private static IEnumerable<ScenarioDefinition> Fleet(string name, double slower, double rate) =>
    [
        Of(name, slower, rate, "60 % CPU", busy: 0.6, each: null),
        Of(name, slower, rate, "80 % CPU", busy: 0.8, each: null),
        Of(name, slower, rate, "28 requests/s", busy: null, each: 28),
        Of(name, slower, rate, "60 % CPU", busy: 0.6, each: null, unusedFirst: true),
        Of(name, slower, rate, "80 % CPU", busy: 0.8, each: null, unusedFirst: true),
    ];

    private static ScenarioDefinition Of(
        string name, double slower, double rate, string target, double? busy, double? each, bool unusedFirst = false) => new(
        $"{name}, {target}{(unusedFirst ? ", unused first" : "")}",
        $"10 pods with 2 cores, exponential work of 40 ms, {rate:0} requests/s, clients give up after 10 s; 3 turn {slower} times slower; "
            + $"5 min later an HPA begins with a target of {target} for each pod"
            + $"{(unusedFirst ? ", and takes unused pods away first" : "")}; 10 min, 20 min after that")
        {
            Pods = () => Enumerable.Range(0, 10).Select(i => Pod($"p{i:000}")),
            Rate = rate,
            ClientTimeout = 10,
            Before = 160,
            Disturb = simulator => simulator.Slow(3, Latency.Exponential(slower * Milliseconds)),
            Settle = 300,
            Play = simulator =>
            {
                var scaler = new Autoscaler(simulator, Pod) { Busy = busy, Rate = each, TakesUnusedFirst = unusedFirst };
                scaler.Run(1200);
                simulator.Mark();
                scaler.Run(600);
            },
            Measured = 0,
        };

    private static SimulatedPod Pod(string name) => new(name, Latency.Exponential(Milliseconds)) { Workers = 2 };
}
