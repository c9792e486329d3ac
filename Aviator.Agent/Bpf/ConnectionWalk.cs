using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>Reads the state of every live connection of interest.</summary>
internal interface IConnectionReader : IDisposable
{
    /// <summary>One row per connection.</summary>
    List<ConnectionRow> Read();
}

/// <summary>Walks over the sockets' own storage, which dies with its socket, so nothing can leak into it.</summary>
internal sealed unsafe class ConnectionWalk : IConnectionReader
{
    private const string Resource = "connection_walk.bpf.o";
    private const string Program = "connection_walk";
    private const int RowsAtOnce = 512;
    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN: the kernel lets others run between two parts of a long walk

    private readonly BpfObject _object = BpfObject.Open(Resource);
    private readonly BpfLinkHandle _link;

    /// <summary>Loads the walk over a loaded object's connections.</summary>
    /// <exception cref="LibBpfException">This kernel or these rights do not allow it.</exception>
    internal ConnectionWalk(BpfMap connections)
    {
        try
        {
            var own = _object.Map("connections");
            own.Share(connections);
            _object.Load(new HashSet<string> { Program });
            _link = _object.AttachWalk(Program, own);
        }
        catch
        {
            _object.Dispose();
            throw;
        }
    }

    public List<ConnectionRow> Read()
    {
        using var iterator = new FileDescriptor(LibBpfException.Check(LibBpf.IteratorCreate(LibBpf.LinkFd(_link)), "create walk"));
        var rows = new List<ConnectionRow>();
        var buffer = new byte[RowsAtOnce * sizeof(ConnectionRow)];
        var filled = 0;
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = (int)LibBpf.Read(iterator.Value, start + filled, (nuint)(buffer.Length - filled));
                if (count < 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno is Interrupted or TryAgain) continue;
                    throw new LibBpfException("read walk", errno);
                }

                if (count == 0) return rows;
                filled += count;
                var whole = MemoryMarshal.Cast<byte, ConnectionRow>(buffer.AsSpan(0, filled - (filled % sizeof(ConnectionRow))));
                rows.AddRange(whole);
                var used = whole.Length * sizeof(ConnectionRow);
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
            }
        }
    }

    public void Dispose()
    {
        _link.Dispose();
        _object.Dispose();
    }
}

/// <summary>Reads the map that the tracing hooks keep, from which they delete when a socket closes.</summary>
internal sealed class ConnectionMap(BpfMap map) : IConnectionReader
{
    public List<ConnectionRow> Read()
    {
        var rows = new List<ConnectionRow>();
        map.ForEach((in ulong _, in TracedConnection traced) => rows.Add(traced.Row));
        return rows;
    }

    public void Dispose()
    {
    }
}
