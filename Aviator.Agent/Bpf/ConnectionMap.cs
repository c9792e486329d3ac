namespace Aviator.Agent.Bpf;

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
