using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Bpf;

/// <summary>The counters of one loaded set of hooks.</summary>
public sealed partial class KernelCounters : IKernelCounters
{
    private readonly Lock _lock = new();
    private readonly BpfObject _object;
    private readonly CounterTable _counters;
    private readonly IConnectionReader _connections;
    private readonly List<ConnectionState> _present = []; // as of the last read
    private readonly string? _walk;
    private readonly KernelCountersOptions _options;
    private readonly IReadOnlyList<string> _programs;
    private readonly HashSet<IPAddress> _interest = [];
    private readonly HashSet<IPAddress> _nodeAddresses = [];
    private readonly ILogger _logger;
    private IReadOnlyList<HookAttempt> _tried = [];
    private HashSet<EndpointKey> _listed = [];
    private uint _interestFlags;
    private bool _canAdopt;

    private KernelCounters(HookSet hooks, BpfObject obj, ConnectionWalk? walk, KernelCountersOptions options, ILogger logger)
    {
        _logger = logger;
        _canAdopt = hooks.InSockets;
        Hooks = hooks.Name;
        _programs = [.. hooks.Hooks.Select(h => h.Program)];
        _object = obj;
        _options = options;
        _walk = walk?.Name;
        try
        {
            _counters = new CounterTable(obj);
            _connections = hooks.InSockets
                ? new SocketConnections(
                    new ConnectionTable(obj), walk, () => Count(HealthCounter.NoRow), () => Count(HealthCounter.Adopted))
                : new ConnectionMap(obj.Map("connections"));
        }
        catch
        {
            _counters?.Dispose();
            walk?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Hooks { get; }

    /// <inheritdoc/>
    public int MaxEndpoints => _options.MaxEndpoints;

    /// <inheritdoc/>
    public void SetEndpoints(IReadOnlyCollection<IPEndPoint> endpoints)
    {
        var wanted = endpoints.Select(e => EndpointKey.From(e.Address, e.Port)).ToHashSet();
        if (wanted.Count > _options.MaxEndpoints)
            throw new InvalidOperationException(
                $"{wanted.Count} endpoints are of interest; {_options.MaxEndpoints} can be measured at once.");
        lock (_lock)
        {
            var fresh = wanted.Except(_listed).ToList();
            // Counters first: an address that is of interest and has none would be passed over.
            Native<object?>("list the endpoints", () =>
            {
                // Not listed are those that the kernel inserted, or that a change which failed has left.
                _counters.Remove(endpoint => !_listed.Contains(endpoint) || !wanted.Contains(endpoint));
                _counters.LetKernelInsert(any: false);
                foreach (var endpoint in fresh) _counters.Add(endpoint);
                return null;
            });
            _listed = wanted;
            var grew = SetAddresses([.. wanted.Select(endpoint => endpoint.Address.ToIPAddress())], Layout.InterestListed);
            if (grew || fresh.Count > 0) AdoptConnections();
        }
    }

    /// <summary>Measures every port of these addresses that accepts, where the ports are not known before: the self-test, tests.</summary>
    /// <exception cref="InvalidOperationException">
    /// More than <see cref="MaxEndpoints"/>, or the kernel refused the change.
    /// </exception>
    internal void SetInterest(IReadOnlyCollection<IPAddress> addresses)
    {
        if (addresses.Count > _options.MaxEndpoints)
            throw new InvalidOperationException(
                $"{addresses.Count} addresses are of interest; {_options.MaxEndpoints} can be measured at once.");
        lock (_lock)
        {
            Native<object?>("open the counters to any port", () =>
            {
                _counters.Remove(_listed.Contains);
                _counters.LetKernelInsert(any: true);
                return null;
            });
            _listed = [];
            var grew = SetAddresses(addresses, 0);
            Native<object?>("remove counters", () =>
            {
                _counters.Remove(endpoint => !_interest.Contains(endpoint.Address.ToIPAddress()));
                return null;
            });
            if (grew) AdoptConnections();
        }
    }

    /// <inheritdoc/>
    public void SetNodeAddresses(IReadOnlyCollection<IPAddress> addresses)
    {
        lock (_lock) Change("node_addresses", _nodeAddresses, addresses, 0);
    }

    /// <inheritdoc/>
    public IReadOnlyList<KernelEndpointCounters> Read()
    {
        lock (_lock)
        {
            return Native("read the counters", () =>
            {
                // Counters first: a request that is answered between the two reads is in neither, and the next read counts it. The other
                // way round it would be in both, as a sample and as one that waits; of five samples two slow ones open a breaker.
                var endpoints = new List<(EndpointKey Key, KernelEndpointCounters Counted)>();
                foreach (ref readonly var counts in _counters.Read())
                {
                    if (counts.Row == 0) continue;
                    var address = counts.Endpoint.Address.ToIPAddress();
                    if (_interest.Contains(address)) endpoints.Add((counts.Endpoint, ToEndpoint(address, counts)));
                }

                _present.Clear();
                _connections.Read(_present);
                var live = LiveConnections.By(CollectionsMarshal.AsSpan(_present), Stopwatch.GetTimestamp(), _options.MaxInFlightAge);
                return endpoints.ConvertAll(endpoint =>
                    live.TryGetValue(endpoint.Key, out var present) ? With(endpoint.Counted, present) : endpoint.Counted);
            });
        }
    }

    /// <inheritdoc/>
    public KernelHealth Health()
    {
        lock (_lock)
        {
            return Native("read the health counters", () =>
            {
                return new KernelHealth
                {
                    Hooks = Hooks,
                    Tried = _tried,
                    CanReadInFlight = _connections is not SocketConnections { Complete: false },
                    Walk = _walk,
                    CanAdopt = _canAdopt,
                    Accepted = Count(HealthCounter.Accepted),
                    ConnectionsWithoutState = Count(HealthCounter.NoState),
                    ConnectionsWithoutEndpoint = Count(HealthCounter.NoEndpoint),
                    ConnectionsWithoutRow = Count(HealthCounter.NoRow),
                    Unmatched = Count(HealthCounter.Unmatched),
                    RecursionMisses = _programs.Sum(p => (long)_object.Info(p).RecursionMisses),
                };
            });
        }
    }

    /// <inheritdoc/>
    public bool IsFlowing() => KernelSelfTest.Run(this, 1, TimeSpan.FromSeconds(2)).Exact;

    /// <summary>Detaches and unloads everything.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _connections.Dispose();
            _counters.Dispose();
            _object.Dispose();
        }
    }

    /// <summary>
    /// Runs <paramref name="test"/> with a loopback address measured, for that long only, beside the agent's own interest.
    /// </summary>
    internal T WithLoopback<T>(IPAddress address, Func<Func<IReadOnlyList<KernelEndpointCounters>>, T> test)
    {
        var key = AddressBytes.From(address);
        lock (_lock)
        {
            if (!_interest.Add(address)) throw new InvalidOperationException($"{address} is of interest already.");
            try
            {
                Native<object?>("measure loopback", () =>
                {
                    _object.Map("interest").Set(key, Layout.InterestLoopback);
                    return null;
                });
                return test(Read);
            }
            finally
            {
                _interest.Remove(address);
                _object.Map("interest").Delete(key);
                _counters.Remove(endpoint => endpoint.Address.ToIPAddress().Equals(address));
            }
        }
    }

    /// <summary>What the kernel's accounting says of one of the programs in use.</summary>
    internal ProgramInfo ProgramInfo(string program) => _object.Info(program);

    private static T Native<T>(string action, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (LibBpfException e)
        {
            throw new InvalidOperationException($"Could not {action}: {e.Message}.", e);
        }
    }

    private static KernelEndpointCounters ToEndpoint(IPAddress address, in EndpointCounts counts)
    {
        var (latency, abandoned) = (ToHistogram(counts.Latency), ToHistogram(counts.Abandoned));
        var traffic = new EndpointCounters
        {
            Latency = latency,
            Requests = latency.Count + abandoned.Count,
            ServerErrors = (long)counts.ServerErrors,
            Unanswered = (long)counts.Unanswered,
            Unmeasured = (long)counts.Unmeasured,
            Abandoned = abandoned,
            Statuses = new StatusCounts(
                (long)counts.Success, (long)counts.Redirects, (long)counts.ClientErrors, (long)counts.Throttled),
        };
        return new KernelEndpointCounters(address, counts.Endpoint.Port, traffic, Rif: 0, OldestInFlight: TimeSpan.Zero, NetworkRtt: null)
        {
            NodeProbes = (long)counts.NodeProbes,
            OwnProbes = (long)counts.OwnProbes,
        };
    }

    private static LatencyHistogram ToHistogram(in LatencyBuckets buckets)
    {
        ReadOnlySpan<long> counts = buckets;
        return counts.ContainsAnyExcept(0L) ? LatencyHistogram.FromCounts(counts) : LatencyHistogram.Empty;
    }

    private static KernelEndpointCounters With(KernelEndpointCounters counted, in LiveConnections live) => counted with
    {
        Rif = live.Rif,
        AnswersUnderWay = live.AnswersUnderWay,
        OldestInFlight = live.Oldest,
        NetworkRtt = live.Rtt,
        Connections = live.Count,
    };

    private long Count(HealthCounter counter) => _object.Map("health").SumPerCpu((uint)counter);

    private void AdoptConnections()
    {
        if (!_canAdopt) return;
        try
        {
            ConnectionAdoption.Run(_object, _options);
        }
        catch (LibBpfException e)
        {
            // What is short for a moment (memory, descriptors) is tried again when the interest next grows; a refusal is for good.
            _canAdopt = e.IsPassing;
            CannotAdopt(_logger, e.Message);
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Makes these the addresses of interest, with these flags; true when some are new or have other flags.</summary>
    private bool SetAddresses(IReadOnlyCollection<IPAddress> addresses, uint flags)
    {
        if (_options.MeasureLoopback) flags |= Layout.InterestLoopback;
        if (flags != _interestFlags) Change("interest", _interest, [], 0);
        _interestFlags = flags;
        return Change("interest", _interest, addresses, flags);
    }

    /// <summary>Makes the map hold these addresses; true when some are new in it.</summary>
    private bool Change(string map, HashSet<IPAddress> present, IReadOnlyCollection<IPAddress> wanted, uint value)
    {
        var target = wanted.Select(Plain).ToHashSet();
        return Native($"change {map}", () =>
        {
            var entries = _object.Map(map);
            var grew = false;
            foreach (var gone in present.Where(a => !target.Contains(a)).ToList())
            {
                entries.Delete(AddressBytes.From(gone));
                present.Remove(gone);
            }

            foreach (var fresh in target.Where(a => !present.Contains(a)))
            {
                entries.Set(AddressBytes.From(fresh), value);
                grew |= present.Add(fresh);
            }

            return grew;
        });
    }
}
