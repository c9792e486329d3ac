using Aviator.Core.Steering;

namespace Aviator.Simulation;

/// <summary>
/// The kernel's choice under <c>routing: Kernel</c> (bpf/connect_choice.bpf.h), for each request a connect: of two pods drawn by weight the
/// one with less in flight per weight. In flight is the mean of what orders say, and how far what this client's node has open is from its
/// own mean, by the agent's own arithmetic (<see cref="InFlightMean"/>).
/// </summary>
internal sealed class ConnectChoice(Random random) : IBalancer
{
    private readonly Dictionary<(int Client, int Pod), Cell> _cells = [];

    public bool TakesOrders => true;

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        var (one, other) = (Draw(pods), Draw(pods));
        var chosen = Of(client, other).InFlight * one.Weight < Of(client, one).InFlight * other.Weight ? other : one;
        Of(client, chosen).Open++;
        return chosen;
    }

    public void Ended(SimulatedRequest request, double now) => Of(request.Client, request.Pod).Open--;

    private Cell Of(int client, SimulatedPod pod)
    {
        if (!_cells.TryGetValue((client, pod.Number), out var cell)) _cells[(client, pod.Number)] = cell = new();
        cell.Take(pod);
        return cell;
    }

    private SimulatedPod Draw(SimulatedPod[] pods)
    {
        var pod = pods[random.Next(pods.Length)];
        while (pod.Weight < 1 && random.NextDouble() >= pod.Weight) pod = pods[random.Next(pods.Length)];
        return pod;
    }

    /// <summary>What the kernel of one client's node knows of one pod.</summary>
    private sealed class Cell
    {
        private InFlightMean _mean;
        private long _order;

        public int Open { get; set; }

        public int InFlight => Math.Max(0, Open + _mean.Beside);

        /// <summary>Takes the pod's newest order in, once.</summary>
        public void Take(SimulatedPod pod)
        {
            if (_order == pod.Order) return;
            _order = pod.Order;
            _mean.Next(pod.Ordered, Open);
        }
    }
}
