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

/// <summary>A program that others hand a segment to.</summary>
/// <param name="Program">Its name in the object.</param>
/// <param name="Map">The array of programs through which it is called.</param>
/// <param name="Index">Its place there: <c>enum http2_program</c>.</param>
internal sealed record TailCall(string Program, string Map, uint Index);

/// <summary>A set of hooks that measures on its own: who accepted, request in, answer out, connection over.</summary>
/// <param name="Name">For people.</param>
/// <param name="Resource">The object that holds its programs.</param>
/// <param name="Hooks">Its programs; all must load and attach.</param>
/// <param name="InSockets">The connections' state is in the sockets' own storage, which only a walk can read; else it is in a map.</param>
internal sealed record HookSet(string Name, string Resource, IReadOnlyList<Hook> Hooks, bool InSockets)
{
    /// <summary>Programs that are loaded and not attached.</summary>
    internal IReadOnlyList<TailCall> TailCalls { get; init; } = [];

    /// <summary>All programs to load.</summary>
    internal IEnumerable<string> Programs => Hooks.Select(h => h.Program).Concat(TailCalls.Select(c => c.Program));

    private const string BySocket = "service_latency.bpf.o";
    private const string ByTracing = "service_latency_traced.bpf.o";

    /// <summary>
    /// All sets, best first. An answer's hook must see the bytes and fire before they leave: one that cannot read them takes
    /// "100 Continue" for an answer, and one that fires after the send (sock_send_length) loses up to 8 % and takes a slow reader for a
    /// slow pod.
    /// </summary>
    internal static IReadOnlyList<HookSet> All { get; } =
    [
        new("sockops+cgroup_skb", BySocket,
            [
                new("connection_event", AttachKind.Cgroup), new("segment_in", AttachKind.Cgroup), new("segment_out", AttachKind.Cgroup),
            ], true)
        {
            TailCalls =
            [
                new("http2_in", "http2_ingress", 0), new("http2_sweep_in", "http2_ingress", 1),
                new("http2_missing", "http2_ingress", 2),
                new("http2_out", "http2_egress", 0), new("http2_sweep_out", "http2_egress", 1),
            ],
        },
        Traced("tp_btf", "message_sent_tracepoint"), // 6.18 and newer
        Traced("tp_btf+fentry", "message_sent_fentry"),
        Traced("tp_btf+kprobe", "message_sent_kprobe"),
    ];

    private static HookSet Traced(string name, string answer) =>
        new(name, ByTracing,
            [
                new("state_changed", AttachKind.Section), new("segment_received", AttachKind.Section), new(answer, AttachKind.Section),
            ], false);
}
