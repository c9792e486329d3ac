using Aviator.Controller.Collection;
using Aviator.Controller.Orders;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Core.Steering;

namespace Aviator.Simulation;

/// <summary>
/// A Service in simulated time: clients, as many in each zone, send at a rate to a reachable pod of their zone, an agent reads
/// counters and probes idle pods once per sub-window, the controller evaluates once per interval with the product's own window store and
/// decision, and the selection reaches the load balancer a little later. Deterministic by its seed.
/// </summary>
internal sealed class Simulator
{
    /// <summary>Seconds between two orders to the nodes; each arrives as late as a selection.</summary>
    private const double OrderEach = 1;

    private readonly EventQueue _events = new();
    private readonly WindowStore _store = new();
    private readonly Random _random;
    private readonly Random _control;
    private readonly Random _senders;
    private readonly double _subWindow;
    private readonly IBalancer _balancer;
    private readonly Queue<Decision> _underWay = new();
    private readonly Queue<(SimulatedRequest Request, long Serial)> _patience = new();
    private readonly Stack<SimulatedRequest> _free = new();
    private readonly string[] _zones;
    private readonly SimulatedPod[][] _reachable;
    private SimulatedEvent _arrival;
    private long _number;
    private long _sequence;
    private int _started;

    /// <param name="settings">The policy; null is the same Service without Aviator: all pods in use.</param>
    /// <param name="pods">The pods that are ready at the start.</param>
    /// <param name="requestsPerSecond">Requests per second over all pods.</param>
    /// <param name="seed">Of every random number.</param>
    /// <param name="subWindow">Seconds between two reports.</param>
    /// <param name="balancer">Chooses among the reachable pods; null is chance, as kube-proxy has it.</param>
    public Simulator(PolicySettings? settings, IEnumerable<SimulatedPod> pods, double requestsPerSecond, int seed, double subWindow = 1,
        IBalancer? balancer = null)
    {
        (Settings, Rate, _subWindow) = (settings ?? new PolicySettings(), requestsPerSecond, subWindow);
        // Three streams: what the controller does by itself, and which client sends, must not change the traffic that two arms are
        // compared by.
        (_random, _control, _senders) = (new Random(seed), new Random(~seed), new Random(seed ^ 0x2545F491));
        _balancer = balancer ?? new RandomBalancer(_random);
        foreach (var pod in pods) Add(pod);
        _zones = [.. Pods.Select(pod => pod.Zone).Distinct()];
        _reachable = new SimulatedPod[_zones.Length][];
        Route();
        _arrival = new SimulatedEvent(0, ++_number, EventKind.Arrival, null);
        if (_balancer.TakesOrders) Push(OrderEach * (1 + _control.NextDouble()), EventKind.Order);
        if (_balancer.TakesOrders || settings is not null) Push(subWindow, EventKind.Report);
        if (settings is null) return;
        Push(Settings.EvaluationInterval.TotalSeconds + (_control.NextDouble() * subWindow), EventKind.Evaluate);
    }

    public PolicySettings Settings { get; }

    public List<SimulatedPod> Pods { get; } = [];

    /// <summary>Adds a pod, which Kubernetes calls ready at once.</summary>
    public void Start(SimulatedPod pod)
    {
        Add(pod);
        pod.Started = Now;
        Route();
    }

    /// <summary>Deletes a pod; it leaves the load balancer at once, as membership does.</summary>
    public void Stop(SimulatedPod pod)
    {
        Pods.Remove(pod);
        pod.Stopped = true;
        Route();
    }

    /// <summary>Requests per second over all pods.</summary>
    public double Rate { get; set; }

    /// <summary>Clients, in each zone; a balancer that is local to a client knows only what this one has seen.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>Seconds after which a client gives a request up, which has then failed; infinite unless said otherwise.</summary>
    public double ClientTimeout { get; init; } = double.PositiveInfinity;

    /// <summary>Seconds until a decision, or an order to the nodes, is in force.</summary>
    public double OrdersTake { get; init; } = 0.5;

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

    /// <summary>Requests sent since <see cref="Mark"/>, those to pods that are gone included.</summary>
    public long Sent { get; private set; }

    /// <summary>Requests that failed since <see cref="Mark"/>, those of pods that are gone included.</summary>
    public long Failures { get; private set; }

    /// <summary>Latencies, in milliseconds, of the answers since <see cref="Mark"/>; a failure is none.</summary>
    public List<double> Latencies { get; } = [];

    public List<string> Log { get; } = [];

    public IReadOnlySet<string> Selected =>
        Last!.Decision.Endpoints.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key["uid-".Length..]).ToHashSet();

    /// <summary>Begins a new phase of counting.</summary>
    public void Mark()
    {
        (Changes, Trials, Evaluations, Sent, Failures) = (0, 0, 0, 0, 0);
        Latencies.Clear();
        foreach (var pod in Pods) pod.Forget();
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
        var sorted = Latencies.ToArray();
        Array.Sort(sorted);
        return Quantiles(sorted, quantile)[0];
    }

    /// <summary>Quantiles of what is sorted already; 0 without samples.</summary>
    public static double[] Quantiles(double[] sorted, params double[] quantiles) => Array.ConvertAll(quantiles, quantile =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, quantile * sorted.Length)]);

    public void Run(double seconds) => RunUntil(() => false, seconds);

    /// <summary>
    /// Runs until the condition holds after an evaluation; returns the seconds that took, or null when it did not within the limit.
    /// </summary>
    public double? RunUntil(Func<bool> condition, double limit)
    {
        var start = Now;
        var end = start + limit;
        while (Step(end) is { } kind)
            if (kind == EventKind.Apply && condition())
                return Now - start;

        Now = end;
        return null;
    }

    /// <summary>Handles the next event unless it comes after the end; returns what it was.</summary>
    private EventKind? Step(double end)
    {
        var arrives = _events.Count == 0 || _arrival.IsBefore(_events.Next);
        var at = arrives ? _arrival.At : _events.Next.At;
        if (_patience.Count > 0) GiveUp(Math.Min(at, end));
        if (at > end) return null;
        Now = at;
        if (arrives)
        {
            Arrive();
            return EventKind.Arrival;
        }

        var next = _events.Take();
        switch (next.Kind)
        {
            case EventKind.Completion:
                Complete(next.Request!);
                break;
            case EventKind.Report:
                Report();
                break;
            case EventKind.Evaluate:
                Evaluate();
                break;
            case EventKind.Order:
                WriteOrder();
                Push(Now + OrderEach, EventKind.Order);
                Push(Now + OrdersTake, EventKind.OrderArrives);
                break;
            case EventKind.OrderArrives:
                foreach (var pod in Pods) pod.TakeOrder();
                break;
            default:
                var decision = _underWay.Dequeue();
                foreach (var pod in Pods) (pod.Reachable, pod.Weight) = (decision.Admits(pod.Key), decision.WeightOf(pod.Key));
                Route();
                break;
        }

        return next.Kind;
    }

    private void Add(SimulatedPod pod)
    {
        pod.Number = _started++;
        Pods.Add(pod);
    }

    private void Route()
    {
        var all = Pods.Where(pod => pod.Reachable).ToArray();
        for (var zone = 0; zone < _zones.Length; zone++)
        {
            var own = all.Where(pod => pod.Zone == _zones[zone]).ToArray();
            _reachable[zone] = own.Length > 0 ? own : all;
        }
    }

    private void Arrive()
    {
        _arrival = new SimulatedEvent(Now - (Math.Log(1 - _random.NextDouble()) / Rate), ++_number, EventKind.Arrival, null);
        var zone = _zones.Length == 1 ? 0 : _random.Next(_zones.Length);
        var reachable = _reachable[zone];
        if (reachable.Length == 0) throw new InvalidOperationException($"No endpoint at {Now} s.");
        var client = Clients == 1 ? zone : (zone * Clients) + _senders.Next(Clients);
        var pod = _balancer.Choose(reachable, client, Now);
        var request = _free.TryPop(out var used) ? used : new SimulatedRequest();
        (request.Pod, request.Client, request.Came, request.Serial) = (pod, client, Now, ++_number);
        (request.Refused, request.Abandoned, request.Begun) = (false, false, false);
        Sent++;
        if (pod.Arrive(request, Now, _random) is { } end) Push(end, EventKind.Completion, request);
        if (pod.Engine is { } engine) Admit(engine);
        if (!double.IsPositiveInfinity(ClientTimeout)) _patience.Enqueue((request, request.Serial));
        _balancer.Began(request, Now);
    }

    /// <summary>An engine begins with what has waited longest, as long as there is room.</summary>
    private void Admit(SimulatedEngine engine)
    {
        while (engine.TryAdmit(out var request, out var seconds)) Push(Now + seconds, EventKind.Completion, request);
    }

    /// <summary>The latency that counts is that of the first token, whether it is sent at once or not.</summary>
    private void Complete(SimulatedRequest request, SimulatedEngine engine)
    {
        if (!request.Begun)
        {
            Latencies.Add((Now - request.Came) * 1000);
            Push(request.Pod.Begin(request, Now), EventKind.Completion, request);
            return;
        }

        request.Pod.End(request, Now);
        Admit(engine);
        _balancer.Ended(request, Now);
        request.Serial = 0;
        _free.Push(request);
    }

    private void Complete(SimulatedRequest request)
    {
        if (request.Pod.Engine is { } engine)
        {
            Complete(request, engine);
            return;
        }

        var end = request.Pod.Complete(request, Now, _random, out var next);
        if (next is { } queued) Push(queued.End, EventKind.Completion, queued.Request);
        if (end == RequestEnd.None) return;
        if (end == RequestEnd.Answered) Latencies.Add((Now - request.Came) * 1000);
        if (end == RequestEnd.Failed) Failures++;
        if (end != RequestEnd.Abandoned) _balancer.Ended(request, Now);
        request.Serial = 0;
        _free.Push(request);
    }

    /// <summary>Clients give up what they have waited for long enough before the given time.</summary>
    private void GiveUp(double before)
    {
        while (_patience.TryPeek(out var first))
        {
            var (request, serial) = first;
            if (request.Serial != serial)
            {
                _patience.Dequeue();
                continue;
            }

            var at = request.Came + ClientTimeout;
            if (at >= before) return;
            _patience.Dequeue();
            request.Pod.Abandon(request, at);
            Failures++;
            _balancer.Ended(request, at);
        }
    }

    private void Report()
    {
        Push(Now + _subWindow, EventKind.Report);
        foreach (var pod in Pods.Where(pod => !pod.Reachable || Settings.Source == LatencySource.Probe)) pod.Probe(Now, _control);
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
            Endpoints = Pods.Select(pod => pod.Report(Now) with { Engine = pod.Ask(_subWindow) }).ToList(),
        };
        _store.Accept(report, TimeSpan.FromSeconds(Now + 0.01));
    }

    private void Evaluate()
    {
        Push(Now + Settings.EvaluationInterval.TotalSeconds, EventKind.Evaluate);
        var now = TimeSpan.FromSeconds(Now);
        var members = Pods.Select(Member).ToList();
        var before = Last;
        var trials = OnTrial();
        Last = PolicyDecision.Decide(Settings, _store.Observe(Settings, members, State, now), State, now, (ulong)_number);
        State = Last.Next;
        Evaluations++;
        Trials += OnTrial().Except(trials).Count();
        Compare(before, [.. trials, .. OnTrial()]);
        _underWay.Enqueue(Last.Decision);
        Push(Now + OrdersTake, EventKind.Apply);
    }

    /// <summary>
    /// The figures are those of the shipped window store, as the leader's orders have them: of the last report, without gaps.
    /// </summary>
    private void WriteOrder()
    {
        var now = TimeSpan.FromSeconds(Now);
        var inFlight = OrderedInFlight.For(
            Pods, _ => 80, Settings.Engine is not null, (pod, withQueue) => _store.InFlight(Member(pod), now, withQueue));
        var figures = InFlightFigures.WithoutGaps(Pods.ConvertAll(pod => inFlight(pod)));
        for (var i = 0; i < Pods.Count; i++) Pods[i].WriteOrder(figures[i]);
    }

    private MeasuredEndpoint Member(SimulatedPod pod)
    {
        TimeSpan? age = pod.Started is { } started ? TimeSpan.FromSeconds(Now - started) : null;
        return new MeasuredEndpoint(pod.Key, pod.Name, pod.Name, 8080, "node", pod.Zone, age);
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

    private void Push(double at, EventKind kind, SimulatedRequest? request = null) =>
        _events.Add(new SimulatedEvent(at, ++_number, kind, request));
}
