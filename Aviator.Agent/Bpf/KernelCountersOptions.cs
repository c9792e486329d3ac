using System.Reflection;

namespace Aviator.Agent.Bpf;

/// <summary>Limits and choices of the kernel source.</summary>
public sealed class KernelCountersOptions
{
    /// <summary>The assembly that must hold the kernel programs; tests name one that was built without them.</summary>
    internal Assembly Programs { get; init; } = typeof(KernelCountersOptions).Assembly;

    /// <summary>Endpoints that can be measured at once; each takes 3.4 KiB of kernel memory. 1 to 65,536.</summary>
    public int MaxEndpoints { get; set; } = 1024;

    /// <summary>
    /// Connections whose requests in flight are read from a table, which works on every kernel; each takes 66 bytes of kernel memory.
    /// Further ones are measured too, but only a walk shows what they have in flight. 0 to 65,535.
    /// </summary>
    public int MaxConnections { get; set; } = 16_384;

    /// <summary>Requests in flight for longer are taken for forgotten, not in flight.</summary>
    public TimeSpan MaxInFlightAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>First local port of the agent's own probes: above Linux's default range of ephemeral ports (32768 to 60999).</summary>
    public ushort ProbePortFirst { get; set; } = 61000;

    /// <summary>Last local port of the agent's own probes.</summary>
    public ushort ProbePortLast { get; set; } = 61999;

    /// <summary>Tries only these sets of hooks, by name; null: all, best first.</summary>
    public IReadOnlyList<string>? Hooks { get; set; }

    /// <summary>
    /// Tries only these walks over connections that are not in the table, by the kernel's name of the iterator (bpf_sk_storage_map,
    /// task_file); null: all, best first.
    /// </summary>
    public IReadOnlyList<string>? Walks { get; set; }

    /// <summary>Measures connections from an address of interest to itself too: for tests on loopback.</summary>
    public bool MeasureLoopback { get; set; }
}
