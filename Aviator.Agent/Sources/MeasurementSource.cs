using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Sources;

/// <summary>The source in use for the life of the process.</summary>
/// <param name="Kind">Kernel or probe.</param>
/// <param name="Detail">The hooks in use, or why there are none.</param>
/// <param name="Counters">The kernel's counters; null where the probe is the source.</param>
/// <param name="FellBack">Whether the kernel was wanted and could not be had.</param>
internal sealed record MeasurementSource(LatencySource Kind, string Detail, IKernelCounters? Counters, bool FellBack) : IDisposable
{
    /// <summary>Detaches every hook; nothing stays in the kernel.</summary>
    public void Dispose() => Counters?.Dispose();
}

/// <summary>The source that the options insist on cannot be had.</summary>
internal sealed class SourceUnavailableException(string message, Exception inner) : Exception(message, inner);
