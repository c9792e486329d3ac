namespace Aviator.Agent.Bpf;

/// <summary>How a program is attached.</summary>
internal enum AttachKind
{
    /// <summary>As its section says.</summary>
    Section,

    /// <summary>To the root of the cgroup v2 hierarchy.</summary>
    Cgroup,
}

/// <summary>One program of a set.</summary>
/// <param name="Program">Its name in the object.</param>
/// <param name="Attach">How it is attached.</param>
internal sealed record Hook(string Program, AttachKind Attach);

/// <summary>A set of hooks that measures on its own: who accepted, request in, answer out, connection over.</summary>
/// <param name="Name">For people.</param>
/// <param name="Hooks">Its programs; all must load and attach.</param>
internal sealed record HookSet(string Name, IReadOnlyList<Hook> Hooks)
{
    /// <summary>The walk over the live connections (requests in flight); done without where it cannot be loaded.</summary>
    internal const string ConnectionWalk = "connection_walk";

    /// <summary>All sets, best first.</summary>
    internal static IReadOnlyList<HookSet> All { get; } =
    [
        new("sockops+cgroup_skb", [new("connection_event", AttachKind.Cgroup), new("segment_in", AttachKind.Cgroup), new("segment_out", AttachKind.Cgroup)]),
    ];
}
