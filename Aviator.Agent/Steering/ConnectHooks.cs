using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// The five programs at the root of cgroup v2. A link that an earlier process pinned is kept and gets the new program, in one step: at no
/// time does a connect meet two of them, or none.
/// </summary>
internal sealed unsafe class ConnectHooks : IDisposable
{
    private const uint Effective = 1; // BPF_F_QUERY_EFFECTIVE
    private const int MaxPrograms = 64; // BPF_CGROUP_MAX_PROGS
    private const string LinkPrefix = "link_";

    /// <summary>
    /// Program and attach type (enum bpf_attach_type). The answer to getpeername and the end of a socket first: none is given without them.
    /// </summary>
    private static readonly (string Program, int Type)[] All =
        [("aviator_peer4", 29), ("aviator_peer6", 30), ("aviator_release", 34), ("aviator_conn4", 10), ("aviator_conn6", 11)];

    private readonly List<BpfLinkHandle> _links = [];

    private ConnectHooks()
    {
    }

    internal static IReadOnlySet<string> Programs { get; } = All.Select(hook => hook.Program).ToHashSet();

    /// <summary>Attaches all of them and checks that the kernel runs them.</summary>
    /// <param name="obj">Loaded.</param>
    /// <param name="cgroup">The root of cgroup v2.</param>
    /// <param name="pins">Where their links are pinned; null: they end with the process.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    /// <exception cref="InvalidOperationException">The kernel took a program and does not run it.</exception>
    internal static ConnectHooks Attach(BpfObject obj, FileDescriptor cgroup, PinDirectory? pins)
    {
        var hooks = new ConnectHooks();
        try
        {
            foreach (var (program, type) in All)
            {
                hooks._links.Add(Adopt(obj, cgroup, pins, program, type) ?? AttachNew(obj, cgroup, pins, program));
                if (!EffectivePrograms(cgroup, type).Contains(obj.Info(program).Id))
                    throw new InvalidOperationException($"{program} is attached, and not among the programs that the kernel runs");
            }

            return hooks;
        }
        catch
        {
            hooks.Dispose();
            throw;
        }
    }

    /// <summary>Takes the programs off the cgroup, connects first, whoever else holds their links.</summary>
    internal void Detach()
    {
        foreach (var link in Enumerable.Reverse(_links)) LibBpfException.Check(LibBpf.LinkDetach(link), "detach");
    }

    public void Dispose()
    {
        foreach (var link in Enumerable.Reverse(_links)) link.Dispose();
    }

    /// <summary>Numbers of the programs that run for a cgroup, its ancestors' included.</summary>
    internal static uint[] EffectivePrograms(FileDescriptor cgroup, int type)
    {
        var ids = new uint[MaxPrograms];
        var count = (uint)ids.Length;
        fixed (uint* start = ids)
            LibBpfException.Check(LibBpf.ProgramQuery(cgroup.Value, type, Effective, null, start, &count), "query the cgroup's programs");
        return ids[..(int)count];
    }

    private static BpfLinkHandle AttachNew(BpfObject obj, FileDescriptor cgroup, PinDirectory? pins, string program)
    {
        var link = obj.AttachTo(cgroup, program);
        try
        {
            pins?.Pin(LibBpf.LinkFd(link), LinkPrefix + program);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>The pinned link with its new program; null when there is none that works.</summary>
    private static BpfLinkHandle? Adopt(BpfObject obj, FileDescriptor cgroup, PinDirectory? pins, string program, int type)
    {
        if (pins is null || !pins.Has(LinkPrefix + program)) return null;
        var link = LibBpf.LinkOpen(pins.PathOf(LinkPrefix + program));
        // A link to a cgroup that is gone, or to one below the root, looks healthy and does nothing for the pods.
        if (!link.IsInvalid && EffectivePrograms(cgroup, type).Contains(ProgramOf(link)))
        {
            obj.Replace(link, program);
            return link;
        }

        if (!link.IsInvalid) _ = LibBpf.LinkDetach(link); // ENOLINK where its cgroup is gone
        link.Dispose();
        pins.Unpin(LinkPrefix + program);
        return null;
    }

    private static uint ProgramOf(BpfLinkHandle link)
    {
        var info = stackalloc uint[32]; // struct bpf_link_info: type, id, prog_id
        var size = 32u * sizeof(uint);
        LibBpfException.Check(LibBpf.GetInfo(LibBpf.LinkFd(link), info, &size), "read a link's info");
        return info[2];
    }
}
