namespace Aviator.Simulation;

/// <summary>
/// The kernel's choice under <c>routing: Kernel</c> (bpf/connect_choice.bpf.h), for each request a connect: of two pods drawn by weight the
/// one with less in flight per weight. In flight is what the last order said, and what this client's node has given since.
/// </summary>
internal sealed class ConnectChoice(Random random) : IBalancer
{
    private readonly Dictionary<(int Client, int Pod), (long Order, int Given)> _given = [];

    public bool TakesOrders => true;

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var (one, other) = (Draw(pods), Draw(pods));
        var chosen = Load(client, other) * one.Weight < Load(client, one) * other.Weight ? other : one;
        _given[(client, chosen.Number)] = (chosen.Order, Given(client, chosen) + 1);
        return chosen;
    }

    private int Load(int client, SimulatedPod pod) => pod.OrderedRif + Given(client, pod);

    /// <summary>A newer order replaces the sum.</summary>
    private int Given(int client, SimulatedPod pod) =>
        _given.TryGetValue((client, pod.Number), out var since) && since.Order == pod.Order ? since.Given : 0;

    private SimulatedPod Draw(SimulatedPod[] pods)
    {
        var pod = pods[random.Next(pods.Length)];
        while (pod.Weight < 1 && random.NextDouble() >= pod.Weight) pod = pods[random.Next(pods.Length)];
        return pod;
    }
}
