using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>
/// The rows in which the kernel programs keep the live connections (bpf/live_connections.bpf.h), mapped into this process. Reading them
/// needs no iterator, no tracing rights and no system call, and shows connections that no application has accepted yet. Not thread-safe.
/// </summary>
internal sealed unsafe class ConnectionTable : IConnectionReader
{
    /// <summary>Most rows: their numbers have 16 bits, and row 0 stays unused.</summary>
    internal const int MaxRows = ushort.MaxValue;

    private const string LiveConnections = "live_connections";
    private const string FreeRows = "free_rows";
    private const int ProtectionRead = 1; // PROT_READ
    private const int MapShared = 1; // MAP_SHARED
    private readonly int _length;
    private ConnectionState* _rows;

    /// <summary>Maps the rows and hands all but row 0 to the kernel as free.</summary>
    /// <param name="obj">Loaded; nothing may be attached yet.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal ConnectionTable(BpfObject obj)
    {
        var map = obj.Map(LiveConnections);
        _length = (int)map.MaxEntries;
        var free = obj.Map(FreeRows);
        for (var row = 1; row < _length; row++) free.Push((ushort)row);
        var start = LibBpf.MemoryMap(0, Bytes, ProtectionRead, MapShared, map.Fd, 0);
        if (start == -1) throw new LibBpfException($"map {LiveConnections} into memory", Marshal.GetLastPInvokeError());
        _rows = (ConnectionState*)start;
    }

    private nuint Bytes => (nuint)_length * (nuint)sizeof(ConnectionState);

    /// <summary>Before load: room for this many connections; 0 leaves all of them to a walk.</summary>
    internal static void Configure(BpfObject obj, int connections)
    {
        obj.Map(LiveConnections).SetMaxEntries(connections + 1);
        obj.Map(FreeRows).SetMaxEntries(Math.Max(1, connections));
    }

    public void Read(List<ConnectionState> connections)
    {
        ObjectDisposedException.ThrowIf(_rows is null, this);
        foreach (ref readonly var row in new ReadOnlySpan<ConnectionState>(_rows, _length))
            if (row.Row != 0)
                connections.Add(row);
    }

    public void Dispose()
    {
        if (_rows is null) return;
        _ = LibBpf.MemoryUnmap((nint)_rows, Bytes); // fails for no range that mmap returned
        _rows = null;
    }
}
