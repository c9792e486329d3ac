using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>
/// Takes up connections that were accepted before their address became of interest, by two walks over all open files: for the listeners,
/// then for their connections. Needs 5.11, tracing rights, kernel types, and the host's process namespace to see other pods' sockets.
/// </summary>
internal static unsafe class ConnectionAdoption
{
    private const string Resource = "adoption.bpf.o";
    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN: the kernel lets others run between two parts of a long walk
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
            using var iterator = new FileDescriptor(LibBpfException.Check(LibBpf.IteratorCreate(LibBpf.LinkFd(link)), $"create {walk}"));
            Complete(iterator, walk);
        }
    }

    /// <summary>The walks write nothing; reading drives them to their end.</summary>
    private static void Complete(FileDescriptor iterator, string walk)
    {
        byte nothing;
        while (LibBpf.Read(iterator.Value, &nothing, 1) is var result && result != 0)
        {
            var errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno is not (0 or Interrupted or TryAgain)) throw new LibBpfException($"read {walk}", errno);
        }
    }
}
