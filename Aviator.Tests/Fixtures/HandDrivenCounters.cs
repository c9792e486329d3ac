using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Fixtures;

/// <summary>Kernel counters that a test moves by hand, to force what a kernel does only on a bad day.</summary>
internal sealed class HandDrivenCounters : IKernelCounters
{
    private readonly Lock _gate = new();
    private int _tries;
    private readonly Dictionary<(IPAddress, int), KernelEndpointCounters> _rows = [];
    private HashSet<IPAddress> _interest = [];

    public string Hooks => "by hand";

    public Exception? Fault { get; set; }

    public bool Flowing { get; set; } = true;

    /// <summary>How often the node's own addresses were passed on.</summary>
    public int AddressesTold { get; private set; }

    public bool Disposed { get; private set; }

    /// <summary>Runs inside each read.</summary>
    public Action OnRead { get; set; } = () => { };

    public IReadOnlySet<IPAddress> Interest { get { lock (_gate) return _interest; } }

    public static EndpointCounters Traffic(int requests, double milliseconds = 10) => new()
    {
        Latency = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), requests)),
        Requests = requests,
    };

    public void Set(string address, int port, EndpointCounters traffic, long rif = 0, double oldestSeconds = 0)
    {
        var key = IPAddress.Parse(address);
        lock (_gate)
            _rows[(key, port)] = new KernelEndpointCounters(key, port, traffic, rif, TimeSpan.FromSeconds(oldestSeconds),
                TimeSpan.FromMilliseconds(0.5));
    }

    public void Clear()
    {
        lock (_gate) _rows.Clear();
    }

    public int MaxEndpoints => 1024;

    public void SetEndpoints(IReadOnlyCollection<IPEndPoint> endpoints)
    {
        lock (_gate) _interest = [.. endpoints.Select(endpoint => endpoint.Address).Distinct()];
    }

    public void SetNodeAddresses(IReadOnlyCollection<IPAddress> addresses) =>
        AddressesTold += addresses.Contains(IPAddress.Loopback) ? 1 : 0;

    public IReadOnlyList<KernelEndpointCounters> Read()
    {
        OnRead();
        if (Fault is { } fault) throw fault;
        lock (_gate) return [.. _rows.Values];
    }

    public KernelHealth Health() => new()
    {
        Hooks = Hooks,
        Tried = [],
        CanReadInFlight = true,
        Accepted = 5,
        ConnectionsWithoutState = 0,
        ConnectionsWithoutEndpoint = 0,
        Unmatched = 2,
        RecursionMisses = 3,
    };

    public bool IsFlowing()
    {
        Interlocked.Increment(ref _tries);
        return Flowing;
    }

    /// <summary>How often it was asked whether the hooks fire.</summary>
    public int Tries => Volatile.Read(ref _tries);

    public void Dispose() => Disposed = true;
}
