using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Policies;

/// <summary>What a policy does with its decisions.</summary>
internal enum PolicyMode
{
    /// <summary>Steers the Service.</summary>
    Enforce,

    /// <summary>Only reports.</summary>
    Observe,
}

/// <summary>What a policy publishes its decisions under.</summary>
internal enum PolicyRouting
{
    /// <summary>The Service itself.</summary>
    Service,

    /// <summary>A twin of the Service.</summary>
    Shadow,

    /// <summary>Nothing in the cluster: the nodes' kernels give new connections to endpoints.</summary>
    Kernel,
}

/// <summary>A spec in the terms that the controller works with: enums for words, times for durations, defaults filled in.</summary>
/// <param name="ServiceName">Name of the Service.</param>
/// <param name="Port">Name or number of the Service port whose latency decides; null for the first TCP port.</param>
/// <param name="Mode">What to do with decisions.</param>
/// <param name="Routing">What to publish them under.</param>
/// <param name="RequestedSource">The latency source that is asked for.</param>
/// <param name="Settings">What the decision needs.</param>
internal sealed record PolicyTerms(
    string ServiceName, string? Port, PolicyMode Mode, PolicyRouting Routing, LatencySource RequestedSource, PolicySettings Settings)
{
    /// <summary>The default of <see cref="FailOpenAfter"/>.</summary>
    public static readonly TimeSpan DefaultFailOpenAfter = TimeSpan.FromSeconds(5);

    /// <summary>Under routing Kernel: from this age of the last order on, new connections are left to kube-proxy.</summary>
    public TimeSpan FailOpenAfter { get; init; } = DefaultFailOpenAfter;
}
