namespace Aviator.Simulation;

/// <summary>
/// Power of two choices, local to each client as in a sidecar: the less loaded of two random pods, by what this client has seen.
/// </summary>
internal abstract class PowerOfTwo(Random random) : IBalancer
{
    private readonly Dictionary<(int Client, int Pod), View> _views = [];

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        if (pods.Length == 1) return pods[0];
        var first = random.Next(pods.Length);
        var second = random.Next(pods.Length - 1);
        if (second >= first) second++;
        var (one, other) = (pods[first], pods[second]);
        return Load(ViewOf(client, other), now) < Load(ViewOf(client, one), now) ? other : one;
    }

    public void Began(SimulatedRequest request, double now) => ViewOf(request.Client, request.Pod).Pending++;

    public void Ended(SimulatedRequest request, double now)
    {
        var view = ViewOf(request.Client, request.Pod);
        view.Pending--;
        Observe(view, now - request.Came, now);
    }

    /// <summary>How loaded the client takes the pod to be.</summary>
    protected abstract double Load(View view, double now);

    /// <summary>A request took so many seconds.</summary>
    protected virtual void Observe(View view, double seconds, double now)
    {
    }

    private View ViewOf(int client, SimulatedPod pod)
    {
        if (!_views.TryGetValue((client, pod.Number), out var view)) _views[(client, pod.Number)] = view = new View();
        return view;
    }

    /// <summary>What one client knows of one pod.</summary>
    protected sealed class View
    {
        /// <summary>Its own requests in flight there.</summary>
        public int Pending { get; set; }

        /// <summary>Weighted average of its latencies, in seconds.</summary>
        public double Cost { get; set; }

        /// <summary>When the average was last brought up to date.</summary>
        public double At { get; set; }
    }
}

/// <summary>By requests in flight.</summary>
internal sealed class LeastRequestOfTwo(Random random) : PowerOfTwo(random)
{
    protected override double Load(View view, double now) => view.Pending;
}

/// <summary>
/// By peak EWMA as Finagle has it, and Linkerd after it: an average that rises at once to a higher latency, falls with a decay of 10 s, and
/// is multiplied by the requests in flight. A failure counts by how long it took.
/// </summary>
internal sealed class PeakEwmaOfTwo(Random random) : PowerOfTwo(random)
{
    private const double Decay = 10;
    private const double Penalty = 1e9;

    protected override double Load(View view, double now)
    {
        Observe(view, 0, now);
        return view.Cost == 0 && view.Pending > 0 ? Penalty + view.Pending : view.Cost * (view.Pending + 1);
    }

    protected override void Observe(View view, double seconds, double now)
    {
        var weight = Math.Exp(-Math.Max(0, now - view.At) / Decay);
        view.Cost = seconds > view.Cost ? seconds : (view.Cost * weight) + (seconds * (1 - weight));
        view.At = now;
    }
}
