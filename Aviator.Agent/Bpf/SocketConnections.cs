namespace Aviator.Agent.Bpf;

/// <summary>
/// The live connections when the sockets themselves keep the state: those in the table, and from a walk those that have no row in it. The
/// walk looks at everything open on the machine, so it runs only while there may be such connections. Not thread-safe.
/// </summary>
/// <param name="table">Connections whose end is certain to be seen.</param>
/// <param name="walk">Shows all others; null: none works here.</param>
/// <param name="withoutRow">How many connections have found no row so far.</param>
/// <param name="adopted">How many connections have been taken up while they lived so far; they have no row.</param>
internal sealed class SocketConnections(IConnectionReader table, IConnectionReader? walk, Func<long> withoutRow, Func<long> adopted)
    : IConnectionReader
{
    private long _adopted;
    private bool _others;

    /// <summary>Whether the rows show what every connection has in flight.</summary>
    internal bool Complete => walk is not null || (withoutRow() == 0 && adopted() == 0);

    public void Read(List<ConnectionState> connections)
    {
        table.Read(connections);
        if (walk is null) return;
        var present = adopted();
        _others |= present != _adopted;
        _adopted = present;
        // One that found no row may still wait to be accepted, so a walk over files that finds none yet is no reason to stop.
        if (!_others && withoutRow() == 0) return;
        var before = connections.Count;
        walk.Read(connections);
        _others = connections.Count > before;
    }

    public void Dispose()
    {
        walk?.Dispose();
        table.Dispose();
    }
}
