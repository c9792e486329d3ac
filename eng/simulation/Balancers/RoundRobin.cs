namespace Aviator.Simulation;

/// <summary>One after the other; each client begins somewhere else.</summary>
internal sealed class RoundRobin(Random random) : IBalancer
{
    private readonly Dictionary<int, int> _next = [];

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var turn = _next.TryGetValue(client, out var next) ? next : random.Next(pods.Length);
        _next[client] = turn + 1;
        return pods[turn % pods.Length];
    }
}
