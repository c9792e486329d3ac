using System.Net;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Sources;

/// <summary>Opens the kernel's counters as the agent's options want them.</summary>
internal static class KernelSource
{
    /// <summary>
    /// Chooses and attaches the hooks. A static endpoint on loopback makes connections of an address to itself count, which else are none
    /// of a pod's clients.
    /// </summary>
    /// <exception cref="BpfUnavailableException">No set of hooks works here.</exception>
    public static IKernelCounters Open(AgentOptions options, ILogger logger) => KernelCounters.Open(
        new KernelCountersOptions
        {
            MeasureLoopback = options.Endpoints.Any(endpoint => IPAddress.IsLoopback(IPAddress.Parse(endpoint.Address))),
        },
        logger);
}
