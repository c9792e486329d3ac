using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// A Service in simulated time: clients, as many in each zone, send at a rate to a random reachable pod of their zone, an agent reads
/// counters and probes idle pods once per sub-window, the controller evaluates once per interval with the product's own window store and
/// decision, and the selection reaches the load balancer a little later. Deterministic by its seed.
/// </summary>
internal sealed class Simulator
{
    private const double Propagation = 0.5;
    private readonly PriorityQueue<Event, (double At, long Number)> _events = new(InOrder.Instance);
    private readonly WindowStore _store = new();
    private readonly Random _random;
    private readonly Random _control;
    private readonly double _subWindow;
    private long _number;
    private readonly Dictionary<string, List<SimulatedPod>> _reachable = [];
    private readonly string[] _zones;
    private long _sequence;

    /// <param name="settings">The policy; null is the same Service without Aviator: all pods in use.</param>
    /// <param name="pods">The pods that are ready at the start.</param>
    /// <param name="requestsPerSecond">Requests per second over all pods.</param>
    /// <param name="seed">Of every random number.</param>
    /// <param name="subWindow">Seconds between two reports.</param>
    public Simulator(PolicySettings? settings, IEnumerable<SimulatedPod> pods, double requestsPerSecond, int seed, double subWindow = 1)
    {
        (Settings, Rate, _subWindow) = (settings ?? new PolicySettings(), requestsPerSecond, subWindow);
        // Two streams: what the controller does by itself must not change the traffic that two arms are compared by.
        (_random, _control) = (new Random(seed), new Random(~seed));
        Pods.AddRange(pods);
        _zones = [.. Pods.Select(pod => pod.Zone).Distinct()];
        Route();
        Push(0, EventKind.Arrival);
        if (settings is null) return;
        Push(subWindow, EventKind.Report);
        Push(settings.EvaluationInterval.TotalSeconds + (_control.NextDouble() * subWindow), EventKind.Evaluate);
    }

    private enum EventKind
    {
        Arrival,
        Completion,
        Report,
        Evaluate,
        Apply,
    }

    public PolicySettings Settings { get; }

    public List<SimulatedPod> Pods { get; } = [];

    /// <summary>Adds a pod, which Kubernetes calls ready at once.</summary>
    public void Start(SimulatedPod pod)
    {
        Pods.Add(pod);
        Route();
    }

    /// <summary>Deletes a pod; it leaves the load balancer at once, as membership does.</summary>
    public void Stop(SimulatedPod pod)
    {
        Pods.Remove(pod);
        Route();
    }

    /// <summary>Requests per second over all pods.</summary>
    public double Rate { get; set; }

    /// <summary>Agents report.</summary>
    public bool AgentsReport { get; set; } = true;

    public double Now { get; private set; }

    public PolicyState State { get; set; } = PolicyState.Initial;

    public PolicyOutcome? Last { get; private set; }

    /// <summary>Evaluations in which an endpoint entered or left the selection (trials apart) since <see cref="Mark"/>.</summary>
    public int Changes { get; private set; }

    /// <summary>Trials begun since <see cref="Mark"/>.</summary>
    public int Trials { get; private set; }

    public int Evaluations { get; private set; }

    /// <summary>Latencies, in milliseconds, that clients saw since <see cref="Mark"/>.</summary>
    public List<double> Latencies { get; } = [];

    public List<string> Log { get; } = [];

    public IReadOnlySet<string> Selected =>
        Last!.Decision.Endpoints.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key["uid-".Length..]).ToHashSet();

    /// <summary>Begins a new phase of counting.</summary>
    public void Mark()
    {
        (Changes, Trials, Evaluations) = (0, 0, 0);
        Latencies.Clear();
        foreach (var pod in Pods) (pod.Received, pod.Failed) = (0, 0);
    }

    /// <summary>Share of the requests since <see cref="Mark"/> that went to the named pods.</summary>
    public double ShareOf(params string[] names) =>
        (double)Pods.Where(pod => names.Contains(pod.Name)).Sum(pod => pod.Received) / Math.Max(1, Pods.Sum(pod => pod.Received));

    /// <summary>Share of the requests since <see cref="Mark"/> that failed.</summary>
    public double ErrorShare => (double)Pods.Sum(pod => pod.Failed) / Math.Max(1, Pods.Sum(pod => pod.Received));

    /// <summary>Share of the answers since <see cref="Mark"/> that took longer.</summary>
    public double ShareAbove(double milliseconds) => (double)Latencies.Count(one => one > milliseconds) / Math.Max(1, Latencies.Count);

    /// <summary>
    /// Share of the requests since <see cref="Mark"/> that failed, took longer, or have waited longer by now: what a pod that never answers
    /// does to its clients shows in no latency.
    /// </summary>
    public double ShareOfBad(double milliseconds)
    {
        var waiting = Pods.Sum(pod => pod.WaitingLonger(Now - (milliseconds / 1000)));
        var bad = Latencies.Count(one => one > milliseconds) + waiting + Pods.Sum(pod => pod.Failed);
        return (double)bad / Math.Max(1, Pods.Sum(pod => pod.Received));
    }

    public double Percentile(double quantile)
    {
        var sorted = Latencies.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, quantile * sorted.Length)];
    }

    public void Run(double seconds) => RunUntil(() => false, seconds);

    /// <summary>
    /// Runs until the condition holds after an evaluation; returns the seconds that took, or null when it did not within the limit.
    /// </summary>
    public double? RunUntil(Func<bool> condition, double limit)
    {
        var start = Now;
        while (_events.TryPeek(out _, out var priority) && priority.At <= start + limit)
        {
            var next = _events.Dequeue();
            Now = priority.At;
            Handle(next);
            if (next.Kind == EventKind.Apply && condition()) return Now - start;
        }

        Now = start + limit;
        return null;
    }

    private void Handle(Event next)
    {
        switch (next.Kind)
        {
            case EventKind.Arrival:
                Arrive();
                break;
            case EventKind.Completion:
                Complete(next.Pod!, next.Request);
                break;
            case EventKind.Report:
                Report();
                break;
            case EventKind.Evaluate:
                Evaluate();
                break;
            default:
                foreach (var pod in Pods) pod.Reachable = next.Decision!.Admits(pod.Key);
                Route();
                break;
        }
    }

    private void Route()
    {
        foreach (var zone in _zones)
        {
            var own = Pods.Where(pod => pod.Reachable && pod.Zone == zone).ToList();
            _reachable[zone] = own.Count > 0 ? own : Pods.Where(pod => pod.Reachable).ToList();
        }
    }

    private void Arrive()
    {
        Push(Now - (Math.Log(1 - _random.NextDouble()) / Rate), EventKind.Arrival);
        var reachable = _reachable[_zones.Length == 1 ? _zones[0] : _zones[_random.Next(_zones.Length)]];
        if (reachable.Count == 0) throw new InvalidOperationException($"No endpoint at {Now} s.");
        var pod = reachable[_random.Next(reachable.Count)];
        while (pod.Attraction < 1 && _random.NextDouble() > pod.Attraction) pod = reachable[_random.Next(reachable.Count)];
        var request = ++_number;
        if (pod.Arrive(request, Now, _random) is { } end) Push(end, EventKind.Completion, pod, request);
    }

    private void Complete(SimulatedPod pod, long request)
    {
        var (seconds, next) = pod.Complete(request, Now, _random);
        if (seconds is { } latency) Latencies.Add(latency * 1000);
        if (next is { } queued) Push(queued.End, EventKind.Completion, pod, queued.Request);
    }

    private void Report()
    {
        Push(Now + _subWindow, EventKind.Report);
        foreach (var pod in Pods.Where(pod => !pod.Reachable)) pod.Probe(_control);
        if (!AgentsReport) return;
        var report = new NodeReport
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = "node",
            Epoch = "e",
            Sequence = ++_sequence,
            AgeSeconds = 0,
            SubWindowSeconds = _subWindow,
            Source = LatencySource.Ebpf,
            SourceDetail = "simulated",
            Endpoints = Pods.Select(pod => pod.Report(Now)).ToList(),
        };
        _store.Accept(report, TimeSpan.FromSeconds(Now + 0.01));
    }

    private void Evaluate()
    {
        Push(Now + Settings.EvaluationInterval.TotalSeconds, EventKind.Evaluate);
        var now = TimeSpan.FromSeconds(Now);
        var members = Pods.Select(pod => new MeasuredEndpoint(pod.Key, pod.Name, pod.Name, 8080, "node", pod.Zone)).ToList();
        var before = Last;
        var trials = OnTrial();
        Last = PolicyDecision.Decide(Settings, _store.Observe(Settings, members, State, now), State, now, (ulong)_number);
        State = Last.Next;
        Evaluations++;
        Trials += OnTrial().Except(trials).Count();
        Compare(before, [.. trials, .. OnTrial()]);
        Push(Now + Propagation, EventKind.Apply, decision: Last.Decision);
    }

    private HashSet<string> OnTrial() => [.. State.Domains.Values.Select(domain => domain.Trial?.Key).OfType<string>()];

    private void Compare(PolicyOutcome? before, HashSet<string> trials)
    {
        var changed = false;
        foreach (var verdict in Last!.Decision.Endpoints.Values)
        {
            var was = before?.Decision.Endpoints.GetValueOrDefault(verdict.Key);
            if (was is not null && was.Weight == verdict.Weight && was.State == verdict.State) continue;
            Log.Add($"{Now:0.0}: {verdict.Key} {was?.State} → {verdict.State} {verdict.Weight}: {verdict.Reason}");
            changed |= was is not null && was.Weight != verdict.Weight && !trials.Contains(verdict.Key);
        }

        if (changed) Changes++;
    }

    private void Push(double at, EventKind kind, SimulatedPod? pod = null, long request = 0, Decision? decision = null) =>
        _events.Enqueue(new Event(kind, pod, request, decision), (at, ++_number));

    private sealed class InOrder : IComparer<(double At, long Number)>
    {
        public static InOrder Instance { get; } = new();

        public int Compare((double At, long Number) x, (double At, long Number) y) =>
            x.At < y.At ? -1 : x.At > y.At ? 1 : x.Number.CompareTo(y.Number);
    }

    private sealed record Event(EventKind Kind, SimulatedPod? Pod, long Request, Decision? Decision);
}
