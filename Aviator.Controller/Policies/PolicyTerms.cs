using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Core.Slices;

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

    /// <summary>Both: the Service itself, and by the kernels for the connections that they see.</summary>
    KernelAndService,
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
    /// <summary>What the routings that order kernels need.</summary>
    public KernelTerms Kernel { get; init; } = KernelTerms.Default;

    /// <summary>The version that gets a share of its own; null without one.</summary>
    public CanaryTerms? Canary { get; init; }
}

/// <summary>A version of the program that gets a share of the traffic of its own.</summary>
/// <param name="Selector">The labels of its pods.</param>
/// <param name="Share">Its share of the new connections, 0 to 1.</param>
internal sealed record CanaryTerms(LabelSet Selector, double Share);

/// <summary>What a policy asks of the nodes' kernels.</summary>
/// <param name="FailOpenAfter">From this age of the last order on, new connections are left to kube-proxy.</param>
/// <param name="CloseIdle">Whether idle connections to endpoints out of use are closed.</param>
/// <param name="Rebalance">Whether idle connections are closed, a few per minute, so that endpoints that joined get some.</param>
internal sealed record KernelTerms(TimeSpan FailOpenAfter, bool CloseIdle = false, bool Rebalance = false)
{
    /// <summary>
    /// Whether own slices steer the Service too, so that Kubernetes' own slices say nothing of its pods (routing KernelAndService).
    /// </summary>
    public bool BesideSlices { get; init; }

    /// <summary>Whether requests that wait in the pods' inference engines are counted as in flight.</summary>
    public bool ReadsEngines { get; init; }

    /// <summary>Whether any connection is to be closed.</summary>
    public bool Closes => CloseIdle || Rebalance;

    /// <summary>Those of a policy that says nothing of it.</summary>
    public static KernelTerms Default { get; } = new(TimeSpan.FromSeconds(5));
}
