namespace Aviator.Core.Slices;

/// <summary>
/// What the clients of a Service notice of its spec, apart from ports and selector: all that a twin has to have the same. Kept as the
/// server gave it: what one server fills in or drops for a Service, it fills in or drops for the twin.
/// </summary>
internal sealed record ServiceFrontend
{
    /// <summary>The annotations by which a Service asks for topology hints, the one that Kubernetes goes by first.</summary>
    public static readonly string[] TopologyAnnotations =
        ["service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"];

    public static ServiceFrontend Default { get; } = new();

    /// <summary>None or ClientIP.</summary>
    public string SessionAffinity { get; init; } = "None";

    /// <summary>For how many seconds a client stays with its pod; null without affinity.</summary>
    public int? AffinitySeconds { get; init; }

    /// <summary>The families in the order of preference; empty if the server has no such field (dual stack is off).</summary>
    public ValueList<string> Families { get; init; } = [];

    /// <summary>SingleStack, PreferDualStack or RequireDualStack; null if the server has no such field.</summary>
    public string? FamilyPolicy { get; init; }

    /// <summary>Cluster or Local; null if the server has no such field.</summary>
    public string? InternalTrafficPolicy { get; init; }

    /// <summary>The topology preference; null without one.</summary>
    public string? TrafficDistribution { get; init; }

    /// <summary>Those of <see cref="TopologyAnnotations"/> that are set.</summary>
    public LabelSet Topology { get; init; } = LabelSet.Empty;
}
