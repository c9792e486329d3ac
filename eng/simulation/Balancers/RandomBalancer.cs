namespace Aviator.Simulation;

/// <summary>Chance, as kube-proxy has it: all ready pods in use, or those that Aviator selected.</summary>
internal sealed class RandomBalancer(Random random) : IBalancer
{
    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var pod = pods[random.Next(pods.Length)];
        while (pod.Attraction < 1 && random.NextDouble() > pod.Attraction) pod = pods[random.Next(pods.Length)];
        return pod;
    }
}
