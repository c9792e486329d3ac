using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// Waits for the kernel's programs: an update of a map of maps returns when no program runs that began before it, so that its user may
/// reuse what the map led to (maybe_wait_bpf_programs in the kernel). The map's content means nothing.
/// </summary>
internal sealed class ProgramBarrier : IDisposable
{
    private const int Array = 2; // BPF_MAP_TYPE_ARRAY
    private readonly BpfMap _map;
    private readonly FileDescriptor _content;

    /// <param name="map">A map of maps of one entry, whose value is an array of one 32-bit number.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal ProgramBarrier(BpfMap map)
    {
        _map = map;
        _content = new FileDescriptor(
            LibBpfException.Check(LibBpf.MapCreate(Array, null, sizeof(uint), sizeof(uint), 1, 0), "create a map"));
    }

    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal void Await() => _map.Set(0u, _content.Value);

    public void Dispose() => _content.Dispose();
}
