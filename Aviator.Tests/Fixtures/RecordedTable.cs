using Aviator.Agent.Interest;
using Aviator.Agent.Steering;
using Aviator.Agent.Steering.Closing;

namespace Aviator.Tests.Fixtures;

/// <summary>A connect table that notes what it is told, to force what a kernel does only on a bad day.</summary>
internal sealed class RecordedTable : IConnectTable
{
    private readonly Lock _gate = new();
    private readonly List<IReadOnlyCollection<ConnectService>> _applied = [];
    private readonly List<TimeSpan> _beats = [];
    private readonly Dictionary<(string, int), (long Steered, long Passed)> _counts = [];

    /// <summary>What every Apply is answered with; null for none.</summary>
    public Exception? ApplyFault { get; set; }

    /// <summary>What Remove is answered with; null for none.</summary>
    public Exception? RemoveFault { get; set; }

    public Func<bool> Giving { get; set; } = () => true;

    public int Tries { get; private set; }

    public bool Removed { get; private set; }

    public bool Disposed { get; private set; }

    /// <summary>Everything that it was given to hold, in order.</summary>
    public IReadOnlyList<IReadOnlyCollection<ConnectService>> Applied { get { lock (_gate) return [.. _applied]; } }

    public IReadOnlyList<TimeSpan> Beats { get { lock (_gate) return [.. _beats]; } }

    /// <summary>Whom it holds for a Service's address and port, without their own ports; null when it holds no such row.</summary>
    public string? Holds(string address, int port = 80)
    {
        lock (_gate)
        {
            var row = _applied.LastOrDefault()?.SingleOrDefault(row => row.Address.ToString() == address && row.Port == port);
            return row is null ? null : string.Join(' ', row.Endpoints.Select(endpoint => endpoint.Address));
        }
    }

    /// <summary>The row has counted so much by now.</summary>
    public void Counted(string address, int port, long steered, long passed)
    {
        lock (_gate) _counts[(address, port)] = (steered, passed);
    }

    public void Apply(IReadOnlyCollection<ConnectService> services)
    {
        if (ApplyFault is { } fault) throw fault;
        lock (_gate) _applied.Add(services);
    }

    public void Beat(TimeSpan age)
    {
        lock (_gate) _beats.Add(age);
    }

    public bool IsGiving()
    {
        Tries++;
        return Giving();
    }

    public IReadOnlyList<ConnectCounts> Read()
    {
        lock (_gate)
            return [.. _counts.Select(row =>
                new ConnectCounts(System.Net.IPAddress.Parse(row.Key.Item1), row.Key.Item2, row.Value.Steered, row.Value.Passed))];
    }

    /// <summary>What follows connections, or throws.</summary>
    public Func<IIdleConnections> Following { get; set; } = () => throw new NotSupportedException("No test has asked for it.");

    /// <summary>What this node's clients have open.</summary>
    public Dictionary<EndpointAddress, int> Open { get; } = [];

    public IReadOnlyDictionary<EndpointAddress, int> ReadOpen() => Open;

    public IIdleConnections FollowConnections() => Following();

    public void Remove()
    {
        if (RemoveFault is { } fault) throw fault;
        Removed = true;
    }

    public void Dispose() => Disposed = true;
}
