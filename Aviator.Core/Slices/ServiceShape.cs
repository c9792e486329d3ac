namespace Aviator.Core.Slices;

/// <summary>An address family of a Service and its slices.</summary>
internal enum AddressFamily
{
    IPv4,
    IPv6,
}

/// <summary>Where a Service asks traffic to stay.</summary>
internal enum TopologyMode
{
    /// <summary>Anywhere.</summary>
    None,

    /// <summary>
    /// In the client's zone if possible (<c>trafficDistribution: PreferClose</c> or <c>PreferSameZone</c>).
    /// </summary>
    Zone,

    /// <summary>On the client's node if possible (<c>PreferSameNode</c>).</summary>
    Node,

    /// <summary>Where Kubernetes' own slices say (topology mode Auto): <see cref="AutoHints"/> settles it.</summary>
    Auto,

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

    /// <summary>Those of its annotations by which another program reads it; all others are left out.</summary>
    public LabelSet ReaderAnnotations { get; init; } = LabelSet.Empty;

    /// <summary>
    /// Its addresses inside the cluster in canonical text form, one of each family at most; empty for a headless Service, and while none
    /// is assigned.
    /// </summary>
    public ValueList<string> ClusterIps { get; init; } = [];

    /// <summary>ClusterIP, NodePort, LoadBalancer or ExternalName.</summary>
    public string Type { get; init; } = "ClusterIP";

    public bool Headless { get; init; }

    public bool PublishNotReadyAddresses { get; init; }

    public bool InternalLocal { get; init; }

    public bool ExternalLocal { get; init; }

    public bool SessionAffinity { get; init; }

    public bool Deleting { get; init; }

    public TopologyMode Topology { get; init; }

    /// <summary>Session affinity, families and policies: what a twin copies.</summary>
    public ServiceFrontend Frontend { get; init; } = ServiceFrontend.Default;

    /// <summary>UID of the Service that owns it, of a twin by the object itself; null without an owner.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>The Service that this is the twin of; null for any other. See <see cref="AsTwin"/>.</summary>
    public ServiceShape? TwinOf { get; init; }

    /// <summary>
    /// Whether Kubernetes fills no slices for it: the steering key stands in the selector; or it is a twin without any selector, as twins
    /// are made.
    /// </summary>
    public bool IsKeyed => Selector.Get(SteeredKey) is not null || (TwinOf is not null && Selector.Count == 0);

    /// <summary>The user's own selector: pods are matched by this one.</summary>
    public LabelSet PodSelector => TwinOf?.PodSelector ?? Selector.Without(SteeredKey);

    /// <summary>The user's Service: what owns everything that is made for it, the twin and the twin's slices included.</summary>
    public ServiceShape SliceOwner => TwinOf ?? this;

    /// <summary>kube-proxy drops traffic on a node that has no ready endpoint, so every node that has one must keep one.</summary>
    public bool KeepsOnePerNode => InternalLocal || ExternalLocal;

    /// <summary>
    /// Whether the labels of its slices are left as they are: the server did not keep what was written, so another writer has them.
    /// </summary>
    public bool LeavesSliceLabels { get; init; }

    /// <summary>The Service whose twin this is, by its label; null for any other.</summary>
    public string? TwinOfName => Labels.Get(TwinNames.Label);

    /// <summary>
    /// The Service as a connection to its ClusterIP sees it: the traffic policy for what comes from outside the cluster says nothing there.
    /// </summary>
    public ServiceShape FromInside() => ExternalLocal ? this with { ExternalLocal = false } : this;

    /// <summary>
    /// The twin of this Service, as steering sees it: with this one's ports, families and pods, and what is the twin's own (selector,
    /// UID, version) as it stands. The two differ for as long as a change of the Service is on its way to the twin.
    /// </summary>
    /// <param name="twin">The twin as it is; null while there is none.</param>
    public ServiceShape AsTwin(ServiceShape? twin) => this with
    {
        ClusterIps = twin?.ClusterIps ?? [],
        Name = TwinNames.ForService(Name),
        Uid = twin?.Uid ?? "",
        ResourceVersion = twin?.ResourceVersion ?? "",
        Labels = twin?.Labels ?? TwinNames.LabelsOf(Name),
        Selector = twin?.Selector ?? LabelSet.Empty,
        Deleting = Deleting || twin is { Deleting: true },
        OwnedBy = twin?.OwnedBy,

        // No traffic reaches a twin from outside the cluster.
        Type = "ClusterIP",
        ExternalLocal = false,
        TwinOf = this,
    };
}
