using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// What this node's clients have open to each endpoint: counters of the kernel's hooks, one for each address and port however many Services
/// have it, that stay while tables change. Not thread-safe.
/// </summary>
internal sealed class EndpointCells : IDisposable
{
    private readonly SharedArray<EndpointCell> _cells;
    private readonly Dictionary<ServiceKey, (int Cell, int Uses)> _byEndpoint = [];
    private readonly Stack<int> _free = new();

    /// <param name="obj">Loaded.</param>
    /// <param name="taken">What an earlier process's tables name.</param>
    internal EndpointCells(BpfObject obj, IEnumerable<(ServiceKey Endpoint, int Cell)> taken)
    {
        _cells = new SharedArray<EndpointCell>(obj, ConnectMaps.Cells);
        foreach (var (endpoint, cell) in taken)
            _byEndpoint[endpoint] = (cell, _byEndpoint.TryGetValue(endpoint, out var known) ? known.Uses + 1 : 1);
        var used = _byEndpoint.Values.Select(known => known.Cell).ToHashSet();
        for (var cell = _cells.Length - 1; cell >= 0; cell--)
            if (!used.Contains(cell))
                _free.Push(cell);
    }

    /// <summary>The endpoint's cell, for one more slot that names it. There are as many cells as slots, so one is always free.</summary>
    internal int Take(ServiceKey endpoint)
    {
        if (!_byEndpoint.TryGetValue(endpoint, out var known))
        {
            known = (_free.Pop(), 0);
            ref var cell = ref _cells[known.Cell];
            // The sockets of the endpoint before find another generation, and take nothing off.
            Volatile.Write(ref cell.Generation, cell.Generation + 1);
            Volatile.Write(ref cell.Failed, 0);
            Volatile.Write(ref cell.Open, 0);
        }

        _byEndpoint[endpoint] = known with { Uses = known.Uses + 1 };
        return known.Cell;
    }

    /// <summary>One slot that named it names it no more.</summary>
    internal void Release(ServiceKey endpoint)
    {
        if (!_byEndpoint.TryGetValue(endpoint, out var known)) return;
        if (known.Uses > 1)
        {
            _byEndpoint[endpoint] = known with { Uses = known.Uses - 1 };
            return;
        }

        _byEndpoint.Remove(endpoint);
        _free.Push(known.Cell);
    }

    /// <summary>Connections that are open to each endpoint.</summary>
    internal IEnumerable<(ServiceKey Endpoint, int Open)> Read() =>
        _byEndpoint.Select(known => (known.Key, Math.Max(0, Volatile.Read(ref _cells[known.Value.Cell].Open))));

    /// <summary>Connections that are open now; what failed since the last time is taken off after it was counted once more.</summary>
    internal int Settle(int index)
    {
        ref var cell = ref _cells[index];
        var open = Math.Max(0, Volatile.Read(ref cell.Open));
        var failed = Interlocked.Exchange(ref cell.Failed, 0);
        if (failed > 0) Interlocked.Add(ref cell.Open, -failed);
        return open;
    }

    public void Dispose() => _cells.Dispose();
}
