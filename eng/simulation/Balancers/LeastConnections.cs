namespace Aviator.Simulation;

/// <summary>The pod with the fewest requests in flight over all clients; chance among equals.</summary>
internal sealed class LeastConnections(Random random) : IBalancer
{
    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var (best, equals) = (pods[0], 1);
        foreach (var pod in pods.AsSpan(1))
        {
            if (pod.Rif > best.Rif) continue;
            if (pod.Rif < best.Rif) (best, equals) = (pod, 1);
            else if (random.Next(++equals) == 0) best = pod;
        }

        return best;
    }
}
