using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>A port of a slice: the number is the pod's.</summary>
internal sealed record SlicePort(string Name, string Protocol, int? Port, string? AppProtocol);

/// <summary>One row of a slice.</summary>
internal sealed record SliceEndpoint
{
    public required string Address { get; init; }

    public string? PodName { get; init; }

    public string? PodUid { get; init; }

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    public string? Hostname { get; init; }

    /// <summary>Takes new connections. A slice that does not say is read as true, as the API's definition asks.</summary>
    public required bool Ready { get; init; }

    /// <summary>Ready apart from terminating; null when the server dropped the field (before 1.22).</summary>
    public bool? Serving { get; init; }

    /// <summary>Null when the server dropped the field (before 1.22).</summary>
    public bool? Terminating { get; init; }

    /// <summary>
    /// Whether traffic may go to the pod once it is ready. In own slices only, kept in an annotation: the conditions of an unselected pod
    /// look like those of one that is merely unready, and a restart must not take the second for the first.
    /// </summary>
    public bool Admitted { get; init; } = true;

    /// <summary>What is remembered of its circuit breaker; in own slices only, kept in an annotation.</summary>
    public BreakerMark Breaker { get; init; }

    /// <summary>Zones whose clients should use it.</summary>
    public ValueList<string> HintZones { get; init; } = [];

    /// <summary>Nodes whose clients should use it.</summary>
    public ValueList<string> HintNodes { get; init; } = [];
}

/// <summary>An EndpointSlice: what is read of one, and what is written.</summary>
internal sealed record Slice
{
    /// <summary>
    /// Most rows that Aviator puts into one slice; the API allows 1000, kube-proxy and the default controller are tuned to 100.
    /// </summary>
    public const int MaxEndpoints = 100;

    /// <summary>The managed-by label of Aviator's own slices.</summary>
    public const string OwnManager = "aviator-controller";

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string ServiceName { get; init; }

    public required string ManagedBy { get; init; }

    public required AddressFamily Family { get; init; }

    public required ValueList<SlicePort> Ports { get; init; }

    public required ValueList<SliceEndpoint> Endpoints { get; init; }

    /// <summary>
    /// Its labels apart from the two that name its Service and its manager; of slices of other managers they are not kept.
    /// </summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>
    /// Since when what it says of its pods is true, in RFC 3339 and UTC (<see cref="SliceTriggers"/>). Written only: no reason for a
    /// write by itself.
    /// </summary>
    public string? TriggeredAt { get; init; }

    /// <summary>UID of the Service that owns it; null without an owner.</summary>
    public string? OwnerUid { get; init; }

    /// <summary>Name of that Service: the one that the slice is for, or the one whose twin it is for; null without an owner.</summary>
    public string? OwnerName { get; init; }

    /// <summary>Empty for a slice that is yet to be created.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The version that a write must meet; empty for a slice that is yet to be created.</summary>
    public string ResourceVersion { get; init; } = "";

    public bool Deleting { get; init; }

    public bool IsOwn => ManagedBy == OwnManager;

    /// <summary>Whether it belongs to a twin: it serves one Service and is owned by another.</summary>
    public bool IsOfTwin => IsOwn && OwnerName is not null && OwnerName != ServiceName;
}
