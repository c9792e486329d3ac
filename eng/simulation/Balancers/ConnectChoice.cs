namespace Aviator.Simulation;

/// <summary>
/// The kernel's choice under <c>routing: Kernel</c> (bpf/connect_choice.bpf.h), for each request a connect: of two pods drawn by weight the
/// one with less in flight per weight. In flight is the mean of what orders say, and how far what this client's node has open is from its
/// own mean (Aviator.Agent/Steering/InFlightMean.cs).
/// </summary>
internal sealed class ConnectChoice(Random random) : IBalancer
{
    private const double Newest = 0.3;
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
        private long _order;
        private double _all;
        private double _own;
        private int _before;
        private int _beside;

        public int Open { get; set; }

        public int InFlight => Math.Max(0, Open + _beside);

        /// <summary>Takes the pod's newest order in, once.</summary>
        public void Take(SimulatedPod pod)
        {
            if (_order == pod.Order) return;
            var share = _order == 0 ? 1 : Newest;
            _order = pod.Order;
            _all += share * (pod.OrderedRif - _all);
            _own += share * (_before - _own);
            _before = Open;
            _beside = (int)Math.Round(_all - _own);
        }
    }
}
