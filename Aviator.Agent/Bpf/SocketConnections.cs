namespace Aviator.Agent.Bpf;

/// <summary>
/// The live connections where the sockets themselves keep the state: those in the table, and from a walk those that have no row in it. The
/// walk looks at everything open on the machine, so it runs only while there may be such connections. Not thread-safe.
/// </summary>
/// <param name="table">Connections whose end is certain to be seen.</param>
/// <param name="walk">Shows all others; null: none is to be had.</param>
/// <param name="withoutRow">How many connections have found no row so far.</param>
internal sealed class SocketConnections(IConnectionReader table, IConnectionReader? walk, Func<long> withoutRow) : IConnectionReader
{
    private bool _others;

    /// <summary>Whether what every connection has in flight is in the rows.</summary>
    internal bool Complete => walk is not null || (!_others && withoutRow() == 0);

    /// <summary>From now on there may be connections without a row: some were taken up while they lived.</summary>
    internal void ExpectOthers() => _others = true;

    public List<ConnectionRow> Read()
    {
        var rows = table.Read();
        // Who found no row may still wait to be accepted, where a walk over files finds it only later: then the walk has to go on.
        if (walk is null || !(_others || withoutRow() > 0)) return rows;
        var others = walk.Read();
        _others = others.Count > 0;
        rows.AddRange(others);
        return rows;
    }

    public void Dispose()
    {
        walk?.Dispose();
        table.Dispose();
    }
}
