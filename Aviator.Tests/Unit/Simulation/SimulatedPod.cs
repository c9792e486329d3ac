using Aviator.Core.Measurement;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// A pod with a latency distribution, a number of workers with a queue before them, and the counters an agent would keep of it.
/// </summary>
internal sealed class SimulatedPod(string name, Func<Random, double> milliseconds)
{
    private readonly Dictionary<long, double> _inFlight = [];
    private readonly Queue<long> _waiting = new();
    private readonly HashSet<long> _refused = [];
    private readonly List<double?> _probes = [];
    private readonly long[] _counts = new long[HistogramLayout.BucketCount];
    private readonly long[] _probeCounts = new long[HistogramLayout.BucketCount];
    private LatencyHistogram? _histogram;
    private long _probeFailures;
    private long _serverErrors;
    private int _busy;

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

    /// <summary>More requests in flight than this are refused (503) within a millisecond.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Its share of the requests against the others', 0 to 1: long-lived connections are spread unevenly.</summary>
    public double Attraction { get; init; } = 1;

    /// <summary>Probes of it cannot succeed: another port, or a protocol that cannot be probed.</summary>
    public bool CannotBeProbed { get; init; }

    /// <summary>Requests that failed.</summary>
    public long Failed { get; set; }

    /// <summary>Whether the load balancer sends to it.</summary>
    public bool Reachable { get; set; } = true;

    /// <summary>Requests that it was sent.</summary>
    public long Received { get; set; }

    public int Rif => _inFlight.Count;

    /// <summary>Requests in flight that came before.</summary>
    public int WaitingLonger(double since) => _inFlight.Values.Count(came => came < since);

    /// <summary>Takes a request; returns the time at which the one to be completed next, if its work begins now, will be done.</summary>
    public double? Arrive(long request, double now, Random random)
    {
        Received++;
        _inFlight[request] = now;
        if (_inFlight.Count > Limit)
        {
            _refused.Add(request);
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

    /// <summary>Completes a request; gives its latency in seconds, and the queued one that is worked on next with its end.</summary>
    public (double? Seconds, (long Request, double End)? Next) Complete(long request, double now, Random random)
    {
        if (Hung) return (null, null);
        var seconds = now - _inFlight[request];
        _inFlight.Remove(request);
        Count(seconds);
        if (_refused.Remove(request))
        {
            Fail();
            return (null, null);
        }

        _busy--;
        if (FailFast > 0 && random.NextDouble() < FailFast) Fail();
        if (_busy >= Workers || !_waiting.TryDequeue(out var next)) return (seconds, null);
        _busy++;
        return (seconds, (next, Work(now, random)));
    }

    /// <summary>A probe by the agent: the service time behind whatever queues.</summary>
    public void Probe(Random random)
    {
        double? seconds = (ProbeMilliseconds ?? Milliseconds)(random) * (1 + (double)_waiting.Count / Math.Max(1, Workers)) / 1000;
        _probes.Insert(0, Hung || CannotBeProbed || seconds > 2 ? null : seconds);
        if (_probes.Count > 16) _probes.RemoveAt(16);
        if (_probes[0] is { } answered) _probeCounts[HistogramLayout.IndexOf((long)(answered * 1e9))]++;
        else _probeFailures++;
    }

    public EndpointReport Report(double now) => new()
    {
        Address = Name,
        Port = 8080,
        PodUid = Key,
        Namespace = "sim",
        Pod = Name,
        Rif = _inFlight.Count,
        OldestInFlightSeconds = _inFlight.Count == 0 ? 0 : now - _inFlight.Values.Min(),
        Traffic = new EndpointCounters
        {
            Latency = _histogram ??= LatencyHistogram.FromCounts(_counts),
            Requests = Received,
            ServerErrors = _serverErrors
        },
        Probe = _probes.Count == 0 ? null : new ProbeReport
        {
            Latency = LatencyHistogram.FromCounts(_probeCounts),
            Failures = _probeFailures,
            LastSeconds = _probes[0],
            RecentSeconds = [.. _probes],
            AgeSeconds = 0
        },
        Recent = new WindowSummary { Seconds = 10, Count = 0, Errors = 0, P50Ms = null, P99Ms = null, Coverage = null },
    };

    private double Work(double now, Random random) =>
        now + ((FailFast > 0 ? Math.Min(0.2, Milliseconds(random)) : Milliseconds(random)) / 1000);

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
