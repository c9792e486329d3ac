using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>
/// The rows in which the kernel programs count (the maps <c>counters</c> and <c>endpoints</c> of bpf/maps.bpf.h), mapped into this
/// process: reading them needs no system call and no copy. Decides which row is whose. Not thread-safe.
/// </summary>
internal sealed unsafe class CounterTable : IDisposable
{
    private const string Counters = "counters";
    private const int ProtectionReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int MapShared = 1; // MAP_SHARED
    private readonly BpfMap _endpoints;
    private readonly BpfMap _spare;
    private readonly int _length;

    /// <summary>Rows that the agent gives out, the one that has been free for longest first, and whose each was last.</summary>
    private readonly List<(uint Row, EndpointKey Last)> _free = [];

    private EndpointCounts* _rows;
    private bool _kernelInserts;

    /// <summary>Maps the rows. The last is the kernel's own to give out: the self-test's.</summary>
    /// <param name="obj">Loaded; nothing may be attached yet.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal CounterTable(BpfObject obj)
    {
        (_endpoints, _spare) = (obj.Map("endpoints"), obj.Map("spare_counters"));
        var map = obj.Map(Counters);
        _length = (int)map.MaxEntries;
        for (var row = 1u; row < Reserve; row++) _free.Add((row, default));
        _spare.Push(Reserve);
        var start = LibBpf.MemoryMap(0, Bytes, ProtectionReadWrite, MapShared, map.Fd, 0);
        if (start == -1) throw new LibBpfException($"map {Counters} into memory", Marshal.GetLastPInvokeError());
        _rows = (EndpointCounts*)start;
    }

    private uint Reserve => (uint)_length - 1;

    private nuint Bytes => (nuint)_length * (nuint)sizeof(EndpointCounts);

    /// <summary>Before load: room for so many endpoints and the self-test's.</summary>
    internal static void Configure(BpfObject obj, int endpoints)
    {
        obj.Map("endpoints").SetMaxEntries(endpoints + 1);
        obj.Map("spare_counters").SetMaxEntries(endpoints + 1);
        obj.Map(Counters).SetMaxEntries(endpoints + 2); // row 0 is nobody's
    }

    /// <summary>Which endpoints have counters, and what these say now; rows of nobody (row number 0) among them.</summary>
    internal ReadOnlySpan<EndpointCounts> Read()
    {
        ObjectDisposedException.ThrowIf(_rows is null, this);
        return new ReadOnlySpan<EndpointCounts>(_rows, _length);
    }

    /// <summary>Lets the kernel count for endpoints that nobody listed: as many as there is room for, or the self-test's only.</summary>
    internal void LetKernelInsert(bool any)
    {
        if (any == _kernelInserts) return;
        _kernelInserts = any;
        if (any)
        {
            foreach (var (row, _) in _free) _spare.Push(row);
            _free.Clear();
            return;
        }

        var reserved = false;
        for (var i = 0; i < _length && _spare.TryPop(out uint row); i++)
        {
            if (row == Reserve) reserved = true;
            else _free.Add((row, default));
        }

        if (reserved) _spare.Push(Reserve);
    }

    /// <summary>Gives an endpoint, which has none, counters that begin at zero.</summary>
    /// <exception cref="InvalidOperationException">No row is free.</exception>
    internal void Add(EndpointKey endpoint)
    {
        if (_free.Count == 0) throw new InvalidOperationException($"All {_length - 2} rows of counters are taken.");
        // The row that was its own, if nobody has had it since: connections that have lived on then count again.
        var at = Math.Max(0, _free.FindIndex(free => free.Last.Equals(endpoint)));
        var number = _free[at].Row;
        _free.RemoveAt(at);
        ref var row = ref _rows[number];
        row = new EndpointCounts { Endpoint = endpoint };
        Volatile.Write(ref row.Row, number);
        _endpoints.SetNew(endpoint, number);
    }

    /// <summary>Takes the counters of these endpoints away; connections that live on count nowhere then.</summary>
    internal void Remove(Func<EndpointKey, bool> gone)
    {
        for (var number = 1u; number < _length; number++)
        {
            ref var row = ref _rows[number];
            if (row.Row == 0 || !gone(row.Endpoint)) continue;
            var endpoint = row.Endpoint;
            _endpoints.Delete(endpoint);
            row = default;
            if (_kernelInserts || number == Reserve) _spare.Push(number);
            else _free.Add((number, endpoint));
        }
    }

    public void Dispose()
    {
        if (_rows is null) return;
        _ = LibBpf.MemoryUnmap((nint)_rows, Bytes); // fails for no range that mmap returned
        _rows = null;
    }
}
