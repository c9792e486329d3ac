namespace Aviator.Agent.Bpf;

/// <summary>
/// Takes up connections that were accepted before their address became of interest, by two walks over all open files: for the listeners,
/// then for their connections. Needs 5.11, tracing rights, kernel types, and the host's process namespace to see other pods' sockets.
/// </summary>
internal static class ConnectionAdoption
{
    private const string Resource = "adoption.bpf.o";
    private static readonly string[] Shared =
    [
        "connections", "live_connections", "free_rows", "endpoints", "counters", "spare_counters", "interest", "node_addresses", "health",
    ];
    private static readonly string[] Walks = ["listener_walk", "adoption_walk"];

    /// <exception cref="LibBpfException">This kernel or these rights do not allow it.</exception>
    internal static void Run(BpfObject measuring, KernelCountersOptions options)
    {
        using var obj = BpfObject.Open(Resource);
        obj.SetKnobs(options);
        foreach (var map in Shared) obj.Map(map).Share(measuring.Map(map));
        obj.Load(Walks.ToHashSet());
        foreach (var walk in Walks)
        {
            using var link = obj.AttachWalk(walk);
            BpfWalk.Read<byte>(link, walk, static (in _) => { }); // it writes nothing; reading drives it to its end
        }
    }
}
