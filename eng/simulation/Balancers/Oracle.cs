namespace Aviator.Simulation;

/// <summary>
/// Knows each pod's distribution of service times, its queue, and whether it answers: sends to the least expected completion. No balancer
/// can know that; it says what there is to win.
/// </summary>
internal sealed class Oracle : IBalancer
{
    private const double MillisecondsOfAFailure = 60_000;
    private readonly Dictionary<Func<Random, double>, double> _means = [];
    private readonly List<(Func<Random, double>? Of, double Mean)> _byPod = [];

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var (best, least) = (pods[0], double.PositiveInfinity);
        foreach (var pod in pods)
        {
            var expected = Expected(pod);
            if (expected < least) (best, least) = (pod, expected);
        }

        return best;
    }

    private double Expected(SimulatedPod pod)
    {
        if (pod.Hung || pod.Rif >= pod.Limit) return double.MaxValue;
        var ahead = pod.Rif < pod.Workers ? 0 : (double)(pod.Rif - pod.Workers + 1) / pod.Workers;
        return (Mean(pod) * (1 + ahead)) + (pod.FailFast * MillisecondsOfAFailure);
    }

    private double Mean(SimulatedPod pod)
    {
        while (_byPod.Count <= pod.Number) _byPod.Add((null, 0));
        if (_byPod[pod.Number].Of != (object)pod.Milliseconds) _byPod[pod.Number] = (pod.Milliseconds, Mean(pod.Milliseconds));
        return _byPod[pod.Number].Mean;
    }

    private double Mean(Func<Random, double> milliseconds)
    {
        const int Samples = 2000;
        if (_means.TryGetValue(milliseconds, out var mean)) return mean;
        var random = new Random(1);
        for (var i = 0; i < Samples; i++) mean += milliseconds(random) / Samples;
        return _means[milliseconds] = mean;
    }
}
