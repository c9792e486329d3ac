using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Sources;

/// <summary>Loads, attaches and tries the kernel's hooks; throws when none work.</summary>
internal delegate IKernelCounters OpenKernel(AgentOptions options, ILogger logger);

/// <summary>Attaches to the kernel where that is possible, and falls back to probing where it is not and the options allow it.</summary>
internal static partial class SourceSelector
{
    /// <summary>Selects the source once, at start.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="open">The way to the kernel.</param>
    /// <param name="logger">Takes the outcome as a sentence.</param>
    /// <exception cref="SourceUnavailableException">The kernel is insisted on and refuses.</exception>
    public static MeasurementSource Select(AgentOptions options, OpenKernel open, ILogger logger)
    {
        if (options.Source == SourceChoice.Probe)
        {
            LogProbeChosen(logger);
            return new MeasurementSource(LatencySource.Probe, "the options choose the probe", null, FellBack: false);
        }

        try
        {
            var counters = open(options, logger);
            return new MeasurementSource(LatencySource.Ebpf, counters.Hooks, counters, FellBack: false);
        }
#pragma warning disable CA1031 // Any reason not to have the kernel (rights, library, hooks) leads to the same fallback, and is logged.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (options.Source == SourceChoice.Ebpf)
                throw new SourceUnavailableException(
                    $"The agent cannot measure in the kernel, and Source=ebpf forbids the probe: {error.Message} "
                    + "Grant what is missing, or set Source=auto.", error);
            LogFellBack(logger, error.Message);
            return new MeasurementSource(LatencySource.Probe, $"no eBPF: {error.Message}", null, FellBack: true);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Measuring by HTTP probes, as the options choose")]
    private static partial void LogProbeChosen(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Measuring by HTTP probes, because the kernel cannot be used: {Reason}")]
    private static partial void LogFellBack(ILogger logger, string reason);
}
