namespace Aviator.Simulation;

/// <summary>
/// A HorizontalPodAutoscaler (HPA) with its defaults, without what it does for pods that have no figures: it looks each 15 s, leaves a
/// difference of a tenth alone, at most doubles the pods at a time (or adds four), and takes away only what every look of the last five
/// minutes would have. Like a ReplicaSet it takes away any of the pods, in use or not. Source: "Algorithm details" and "Default behavior"
/// in https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/.
/// </summary>
/// <param name="simulator">The Service.</param>
/// <param name="create">Makes a pod of a name; it is ready 30 s after it was asked for.</param>
internal sealed class Autoscaler(Simulator simulator, Func<string, SimulatedPod> create)
{
    private const double Period = 15, Tolerance = 0.1, Stabilization = 300, StartTakes = 30;

    private readonly Random _random = new((int)simulator.Sent);
    private readonly Dictionary<SimulatedPod, double> _busy = simulator.Pods.ToDictionary(pod => pod, pod => pod.BusySeconds);
    private readonly Queue<double> _starting = new();
    private readonly Queue<(double At, int Pods)> _looks = new();
    private int _created;

    /// <summary>
    /// Share of their workers' time, 0 to 1, that all pods are to be busy on average, as a target of CPU; null to ignore it.
    /// </summary>
    public double? Busy { get; init; }

    /// <summary>
    /// Requests per second for each pod, as an AverageValue of <c>aviator_requests_per_second</c>; null to ignore them. Where Aviator
    /// decides it is what Aviator says, and while it says nothing, nothing changes; without Aviator it is what clients send.
    /// </summary>
    public double? Rate { get; init; }

    /// <summary>
    /// Whether pods that get nothing are taken away before others, as by the annotation <c>controller.kubernetes.io/pod-deletion-cost</c>.
    /// </summary>
    public bool TakesUnusedFirst { get; init; }

    /// <summary>Pods at least.</summary>
    public int Least { get; init; } = 2;

    /// <summary>Pods at most.</summary>
    public int Most { get; init; } = 40;

    /// <summary>Lets so many seconds pass, in which it scales the Service.</summary>
    public void Run(double seconds)
    {
        for (var passed = 0.0; passed < seconds; passed += Period)
        {
            var sent = simulator.Sent;
            simulator.Run(Period);
            Look((simulator.Sent - sent) / Period);
        }
    }

    private void Look(double sentRate)
    {
        while (_starting.TryPeek(out var ready) && ready <= simulator.Now)
        {
            _starting.Dequeue();
            simulator.Start(create($"n{_created++:000}"));
        }

        var present = simulator.Pods.Count + _starting.Count;
        var (byBusy, byRate) = (WantedByBusy(present), WantedByRate(present, sentRate));
        if (byBusy is null && byRate is null) return;
        var wanted = Math.Clamp(Math.Max(byBusy ?? 0, byRate ?? 0), Least, Most);
        _looks.Enqueue((simulator.Now, wanted));
        while (_looks.Peek().At < simulator.Now - Stabilization) _looks.Dequeue();
        if (wanted > present) Add(Math.Min(wanted, present + Math.Max(4, present)) - present);
        else Remove(present - Math.Min(present, _looks.Max(look => look.Pods)));
    }

    /// <summary>Pods that have not begun yet count, and are not busy.</summary>
    private int? WantedByBusy(int present)
    {
        var busy = simulator.Pods.Sum(pod => (pod.BusySeconds - _busy.GetValueOrDefault(pod)) / pod.Workers);
        foreach (var pod in simulator.Pods) _busy[pod] = pod.BusySeconds;
        return Busy is { } target ? Wanted(present, busy / Period / target) : null;
    }

    private int? WantedByRate(int present, double sentRate) =>
        Rate is { } target && (simulator.Last is { } last ? last.Summary.Load?.ArrivalRate : sentRate) is { } rate
            ? Wanted(present, rate / target)
            : null;

    private static int Wanted(int present, double pods) =>
        Math.Abs((pods / present) - 1) <= Tolerance ? present : (int)Math.Ceiling(pods);

    private void Add(int pods)
    {
        for (var i = 0; i < pods; i++) _starting.Enqueue(simulator.Now + StartTakes);
    }

    /// <summary>What has not begun yet goes first.</summary>
    private void Remove(int pods)
    {
        for (; pods > 0 && _starting.TryDequeue(out _); pods--) ;
        for (; pods > 0; pods--)
        {
            var unused = TakesUnusedFirst ? simulator.Pods.Where(pod => !pod.Reachable).ToList() : [];
            var from = unused.Count > 0 ? unused : simulator.Pods;
            var gone = from[_random.Next(from.Count)];
            _busy.Remove(gone);
            simulator.Stop(gone);
        }
    }
}
