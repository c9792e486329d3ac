namespace Aviator.Agent.Bpf;

/// <summary>Reads the state of live connections of interest.</summary>
internal interface IConnectionReader : IDisposable
{
    /// <summary>Appends the state of each connection, once.</summary>
    void Read(List<ConnectionState> connections);
}

/// <summary>Walks over the connections that have no row in the table: in the sockets' own storage, or behind the open files.</summary>
internal sealed class ConnectionWalk : IConnectionReader
{
    /// <summary>Every connection once, also one that waits to be accepted.</summary>
    internal const string BySocketStorage = "bpf_sk_storage_map";

    /// <summary>What an application has accepted, in the agent's process namespace; needs 5.11.</summary>
    internal const string ByFile = "task_file";

    /// <summary>All walks by the kernel's name of the iterator, best first.</summary>
    internal static readonly string[] All = [BySocketStorage, ByFile];

    private const string Resource = "connection_walk.bpf.o";

    private readonly BpfObject _object = BpfObject.Open(Resource);
    private readonly BpfLinkHandle _link;

    /// <summary>Loads the walk over a loaded object's connections and tries it once.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="connections">The loaded object's map of the sockets' storage.</param>
    /// <exception cref="LibBpfException">This kernel or these rights do not allow it.</exception>
    internal ConnectionWalk(string name, BpfMap connections)
    {
        Name = name;
        try
        {
            var program = name == BySocketStorage ? "storage_walk" : "file_walk";
            var own = _object.Map("connections");
            own.Share(connections);
            _object.Load(new HashSet<string> { program });
            _link = name == BySocketStorage ? _object.AttachWalk(program, own) : _object.AttachWalk(program);
            Read([]);
        }
        catch
        {
            _link?.Dispose();
            _object.Dispose();
            throw;
        }
    }

    /// <summary>The kernel's name of the iterator.</summary>
    internal string Name { get; }

    public void Read(List<ConnectionState> connections)
    {
        var seen = new HashSet<ulong>(); // a socket stands behind as many files as processes share it
        BpfWalk.Read<ConnectionRow>(_link, Name, (in row) =>
        {
            if (row.Socket == 0 || seen.Add(row.Socket)) connections.Add(row.Connection);
        });
    }

    public void Dispose()
    {
        _link.Dispose();
        _object.Dispose();
    }
}
