using Aviator.Core.Measurement;
using Aviator.Core.Steering;

namespace Aviator.Simulation;

/// <summary>
/// A pod with a latency distribution, a number of workers with a queue before them, and the counters an agent would keep of it.
/// </summary>
internal sealed class SimulatedPod(string name, Func<Random, double> milliseconds)
{
    private const int ProbesKept = 16;

    /// <summary>Until an engine that does not wait for its first token has sent the head of an answer.</summary>
    private const double SecondsToHead = 0.005;

    private static readonly WindowSummary Nothing =
        new() { Seconds = 10, Count = 0, Errors = 0, P50Ms = null, P99Ms = null, Coverage = null };

    private readonly Queue<SimulatedRequest> _waiting = new();
    private readonly List<double?> _probes = [];
    private readonly long[] _counts = new long[HistogramLayout.BucketCount];
    private readonly long[] _probeCounts = new long[HistogramLayout.BucketCount];
    private readonly long[] _abandoned = new long[HistogramLayout.BucketCount];
    private SimulatedRequest? _oldest;
    private SimulatedRequest? _newest;
    private LatencyHistogram? _histogram;
    private LatencyHistogram _abandonedHistogram = LatencyHistogram.Empty;
    private ProbeReport? _probeReport;
    private long _probeFailures;
    private long _requests;
    private long _serverErrors;
    private long _clientErrors;
    private int _busy;
    private int _streams;
    private int _silent;
    private EngineReport? _told;
    private InFlightFigure _written;

    public string Name { get; } = name;

    public string Key { get; } = "uid-" + name;

    /// <summary>Its zone, which clients of the same zone keep to while one of its pods is reachable; empty without zones.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Service time of one request, in milliseconds.</summary>
    public Func<Random, double> Milliseconds { get; set; } = milliseconds;

    /// <summary>Service time of the probed path; the same as that of requests unless said otherwise.</summary>
    public Func<Random, double>? ProbeMilliseconds { get; set; }

    /// <summary>Requests worked on at the same time; the rest queues.</summary>
    public int Workers { get; init; } = int.MaxValue;

    /// <summary>Answers nothing any more.</summary>
    public bool Hung { get; set; }

    /// <summary>Share of requests that fail, and at once.</summary>
    public double FailFast { get; set; }

    /// <summary>Answers everything with 404 within a millisecond, as a bad release does.</summary>
    public bool FindsNothing { get; set; }

    /// <summary>More requests in flight than this are refused (503) within a millisecond.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Its share of the requests against the others', 0 to 1: long-lived connections are spread unevenly.</summary>
    public double Attraction { get; init; } = 1;

    /// <summary>Probes of it cannot succeed: another port, or a protocol that cannot be probed.</summary>
    public bool CannotBeProbed { get; init; }

    /// <summary>When it is held up, with all that share these moments; null for never.</summary>
    public Stalls? Stalls { get; init; }

    /// <summary>Makes it an inference engine, with workers and service times of its own; null for any other server.</summary>
    public SimulatedEngine? Engine { get; init; }

    /// <summary>Requests that failed since <see cref="Forget"/>.</summary>
    public long Failed { get; private set; }

    /// <summary>Whether the load balancer sends to it.</summary>
    public bool Reachable { get; set; } = true;

    /// <summary>Requests that it was sent since <see cref="Forget"/>.</summary>
    public long Received { get; private set; }

    public int Rif { get; private set; }

    /// <summary>Time that its workers have worked, those that have begun a request until its end included: their CPU time.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>Its weight by the decision in force, above 0 while it is reachable; balancers that know none ignore it.</summary>
    public double Weight { get; set; } = 1;

    /// <summary>Requests in flight by the last order to the nodes.</summary>
    public InFlightFigure Ordered { get; private set; }

    /// <summary>The number of that order.</summary>
    public long Order { get; private set; }

    /// <summary>An order with what was in flight when it was written reaches the nodes.</summary>
    public void TakeOrder() => (Ordered, Order) = (_written, Order + 1);

    /// <summary>An order is written with so much in flight.</summary>
    public void WriteOrder(InFlightFigure inFlight) => _written = inFlight;

    /// <summary>Its number in the simulation, from 0 in order of start: what balancers keep per pod is found by it.</summary>
    public int Number { get; set; }

    /// <summary>When it became ready, in seconds; null when that was before the simulation began.</summary>
    public double? Started { get; set; }

    /// <summary>It was deleted.</summary>
    public bool Stopped { get; set; }

    /// <summary>Begins to count anew; the agent's counters, which only grow, go on.</summary>
    public void Forget() => (Received, Failed) = (0, 0);

    /// <summary>Requests in flight that came before.</summary>
    public int WaitingLonger(double since)
    {
        var count = 0;
        for (var request = _oldest; request is not null && request.Came < since; request = request.Newer) count++;
        return count;
    }

    /// <summary>Takes a request; returns the time at which the work on it will be done, or null when it has to wait.</summary>
    public double? Arrive(SimulatedRequest request, double now, Random random)
    {
        Received++;
        _requests++;
        request.RifBefore = Rif;
        Link(request);
        if (Engine is not null)
        {
            Engine.Take(request, random);
            if (Engine.Form != AnswerForm.HeadAtOnce) return null;
            Unlink(request);
            Count(SecondsToHead);
            (Rif, _silent) = (Rif + 1, _silent + 1);
            return null;
        }

        if (Rif > Limit)
        {
            request.Refused = true;
            return now + 0.001;
        }

        if (_busy >= Workers || Hung)
        {
            _waiting.Enqueue(request);
            return null;
        }

        _busy++;
        return Work(now, random);
    }

    /// <summary>Completes a request; gives its end, and the queued one that is worked on next with the time of its end.</summary>
    public RequestEnd Complete(SimulatedRequest request, double now, Random random, out (SimulatedRequest Request, double End)? next)
    {
        next = null;
        if (Hung) return RequestEnd.None;
        if (!request.Abandoned)
        {
            Unlink(request);
            Count(now - request.Came);
        }

        if (request.Refused)
        {
            Fail();
            return RequestEnd.Failed;
        }

        _busy--;
        if (FindsNothing) _clientErrors++;
        var failed = FailFast > 0 && random.NextDouble() < FailFast;
        if (failed) Fail();
        if (_busy < Workers && _waiting.TryDequeue(out var waiting))
        {
            _busy++;
            next = (waiting, Work(now, random));
        }

        return request.Abandoned ? RequestEnd.Abandoned : failed ? RequestEnd.Failed : RequestEnd.Answered;
    }

    /// <summary>
    /// An engine has a request's first token; where it streams, the client has it too. Returns when the last one will be there.
    /// </summary>
    public double Begin(SimulatedRequest request, double now)
    {
        request.Begun = true;
        if (Engine!.Form == AnswerForm.HeadWithFirstToken)
        {
            Unlink(request);
            Count(now - request.Came);
            (Rif, _streams) = (Rif + 1, _streams + 1);
        }
        else if (Engine.Form == AnswerForm.HeadAtOnce)
        {
            (_silent, _streams) = (_silent - 1, _streams + 1);
        }

        return now + Engine.SecondsToAnswer(request);
    }

    /// <summary>An engine has a request's last token.</summary>
    public void End(SimulatedRequest request, double now)
    {
        Engine!.Release(request);
        if (Engine.Form != AnswerForm.Whole)
        {
            (Rif, _streams) = (Rif - 1, _streams - 1);
            return;
        }

        Unlink(request);
        Count(now - request.Came);
    }

    /// <summary>The client gives a request up and closes its connection; the pod does not notice and works on.</summary>
    public void Abandon(SimulatedRequest request, double now)
    {
        Unlink(request);
        request.Abandoned = true;
        Failed++;
        _abandoned[HistogramLayout.IndexOf((long)((now - request.Came) * 1e9))]++;
        _abandonedHistogram = LatencyHistogram.FromCounts(_abandoned);
    }

    /// <summary>A probe by the agent: the service time behind whatever queues.</summary>
    public void Probe(double now, Random random)
    {
        double? seconds = (ProbeMilliseconds ?? Milliseconds)(random) * (1 + (double)_waiting.Count / Math.Max(1, Workers)) / 1000;
        if (Stalls is not null) seconds += Stalls.Left(now);
        _probes.Insert(0, Hung || CannotBeProbed || seconds > 2 ? null : seconds);
        if (_probes.Count > ProbesKept) _probes.RemoveAt(ProbesKept);
        if (_probes[0] is { } answered) _probeCounts[HistogramLayout.IndexOf((long)(answered * 1e9))]++;
        else _probeFailures++;
        _probeReport = null;
    }

    /// <summary>The agent asks the engine for its figures; what it was told is in the reports from the next one on.</summary>
    /// <param name="age">Seconds between two reports.</param>
    public EngineReport? Ask(double age)
    {
        var before = _told;
        _told = Engine is null ? null : new EngineReport { Waiting = Engine.Waiting, CacheUse = Engine.CacheUse, AgeSeconds = age };
        return before;
    }

    public EndpointReport Report(double now) => new()
    {
        Address = Name,
        Port = 8080,
        PodUid = Key,
        Namespace = "sim",
        Pod = Name,
        Rif = Rif - _silent, // a head that nothing has followed yet is an answer that may be over
        AnswersUnderWay = _streams,
        OldestInFlightSeconds = _oldest is null ? 0 : now - _oldest.Came,
        Traffic = new EndpointCounters
        {
            Latency = _histogram ??= LatencyHistogram.FromCounts(_counts),
            Requests = _requests,
            ServerErrors = _serverErrors,
            Statuses = new(0, 0, _clientErrors, 0),
            Abandoned = _abandonedHistogram,
        },
        Probe = _probes.Count == 0 ? null : _probeReport ??= new ProbeReport
        {
            Latency = LatencyHistogram.FromCounts(_probeCounts),
            Failures = _probeFailures,
            LastSeconds = _probes[0],
            RecentSeconds = [.. _probes],
            AgeSeconds = 0
        },
        Recent = Nothing,
    };

    private double Work(double now, Random random)
    {
        var usual = Milliseconds(random);
        var seconds = (FindsNothing ? 1 : FailFast > 0 ? Math.Min(0.2, usual) : usual) / 1000;
        BusySeconds += seconds;
        return now + seconds + (Stalls?.Left(now) ?? 0);
    }

    private void Link(SimulatedRequest request)
    {
        (request.Older, request.Newer) = (_newest, null);
        if (_newest is null) _oldest = request;
        else _newest.Newer = request;
        _newest = request;
        Rif++;
    }

    private void Unlink(SimulatedRequest request)
    {
        if (request.Older is null) _oldest = request.Newer;
        else request.Older.Newer = request.Newer;
        if (request.Newer is null) _newest = request.Older;
        else request.Newer.Older = request.Older;
        (request.Older, request.Newer) = (null, null);
        Rif--;
    }

    private void Fail()
    {
        Failed++;
        _serverErrors++;
    }

    private void Count(double seconds)
    {
        _counts[HistogramLayout.IndexOf((long)(seconds * 1e9))]++;
        _histogram = null;
    }
}

/// <summary>How a request ended.</summary>
internal enum RequestEnd
{
    /// <summary>It did not: the pod answers nothing.</summary>
    None,

    Answered,

    Failed,

    /// <summary>Its client had given it up before.</summary>
    Abandoned,
}
