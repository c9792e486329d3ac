namespace Aviator.Controller.Core.Slices;

/// <summary>An address family of a Service and its slices.</summary>
internal enum AddressFamily
{
    IPv4,
    IPv6,
}

/// <summary>How a Service says where traffic should stay.</summary>
internal enum TopologyMode
{
    /// <summary>Anywhere.</summary>
    None,

    /// <summary>In the client's zone where it can (<c>trafficDistribution: PreferClose</c> or <c>PreferSameZone</c>, topology mode Auto).</summary>
    Zone,

    /// <summary>On the client's node where it can (<c>PreferSameNode</c>).</summary>
    Node,

    /// <summary>A value that this version does not know.</summary>
    Unknown,
}

/// <summary>One port of a Service.</summary>
/// <param name="Name">Its name; empty when the Service has one port without a name.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The Service's own port.</param>
/// <param name="TargetNumber">The pod's port by number; null when it is named.</param>
/// <param name="TargetName">The pod's port by name, resolved for each pod; null when it is a number.</param>
/// <param name="AppProtocol">The application protocol, or null.</param>
internal sealed record ServicePort(string Name, string Protocol, int Port, int? TargetNumber, string? TargetName, string? AppProtocol);

/// <summary>What steering needs to know of a Service.</summary>
internal sealed record ServiceShape
{
    /// <summary>The one key that steering adds to the selector; no pod carries it, so the default slices empty themselves.</summary>
    public const string SteeredKey = "aviator.io/steered";

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required string ResourceVersion { get; init; }

    /// <summary>The selector as it stands, the steering key included.</summary>
    public required LabelSet Selector { get; init; }

    public required ValueList<ServicePort> Ports { get; init; }

    public required ValueList<AddressFamily> Families { get; init; }

    /// <summary>The Service's own labels, by which others find it.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>ClusterIP, NodePort, LoadBalancer or ExternalName.</summary>
    public string Type { get; init; } = "ClusterIP";

    public bool Headless { get; init; }

    public bool PublishNotReadyAddresses { get; init; }

    public bool InternalLocal { get; init; }

    public bool ExternalLocal { get; init; }

    public bool SessionAffinity { get; init; }

    public bool Deleting { get; init; }

    public TopologyMode Topology { get; init; }

    /// <summary>Whether the steering key stands in the selector.</summary>
    public bool IsKeyed => Selector.Get(SteeredKey) is not null;

    /// <summary>The user's own selector: pods are matched by this one.</summary>
    public LabelSet PodSelector => Selector.Without(SteeredKey);

    /// <summary>kube-proxy drops traffic on a node without a ready endpoint of its own, so every node that has one must keep one.</summary>
    public bool KeepsOnePerNode => InternalLocal || ExternalLocal;
}
