namespace Aviator.Agent.Bpf;

/// <summary>Reads the map that the tracing hooks keep, from which they delete when a socket closes.</summary>
internal sealed class ConnectionMap(BpfMap map) : IConnectionReader
{
    public void Read(List<ConnectionState> connections) =>
        map.ForEach((in ulong _, in TracedConnection traced) => connections.Add(traced.Row.Connection));

    public void Dispose()
    {
    }
}
