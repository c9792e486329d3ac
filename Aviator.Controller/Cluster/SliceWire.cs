using System.Text.Json.Serialization;

namespace Aviator.Controller.Cluster;

/// <summary>An EndpointSlice on the wire: the fields in use of v1 and of v1beta1 in one, as the two differ in few.</summary>
internal sealed record SliceWire
{
    [JsonPropertyName("apiVersion")] public string? ApiVersion { get; init; }

    [JsonPropertyName("kind")] public string? Kind { get; init; }

    [JsonPropertyName("metadata")] public MetadataWire Metadata { get; init; } = new();

    [JsonPropertyName("addressType")] public string? AddressType { get; init; }

    [JsonPropertyName("ports")] public IReadOnlyList<PortWire>? Ports { get; init; }

    [JsonPropertyName("endpoints")] public IReadOnlyList<EndpointWire>? Endpoints { get; init; }
}

internal sealed record MetadataWire
{
    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("namespace")] public string? Namespace { get; init; }

    [JsonPropertyName("uid")] public string? Uid { get; init; }

    [JsonPropertyName("resourceVersion")] public string? ResourceVersion { get; init; }

    [JsonPropertyName("deletionTimestamp")] public string? DeletionTimestamp { get; init; }

    [JsonPropertyName("labels")] public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonPropertyName("annotations")] public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    [JsonPropertyName("ownerReferences")] public IReadOnlyList<OwnerWire>? OwnerReferences { get; init; }
}

internal sealed record OwnerWire
{
    [JsonPropertyName("apiVersion")] public string? ApiVersion { get; init; }

    [JsonPropertyName("kind")] public string? Kind { get; init; }

    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("uid")] public string? Uid { get; init; }

    [JsonPropertyName("controller")] public bool? Controller { get; init; }

    [JsonPropertyName("blockOwnerDeletion")] public bool? BlockOwnerDeletion { get; init; }
}

internal sealed record PortWire
{
    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("protocol")] public string? Protocol { get; init; }

    [JsonPropertyName("port")] public int? Port { get; init; }

    [JsonPropertyName("appProtocol")] public string? AppProtocol { get; init; }
}

internal sealed record EndpointWire
{
    [JsonPropertyName("addresses")] public IReadOnlyList<string>? Addresses { get; init; }

    [JsonPropertyName("conditions")] public ConditionsWire? Conditions { get; init; }

    [JsonPropertyName("hostname")] public string? Hostname { get; init; }

    [JsonPropertyName("targetRef")] public TargetWire? TargetRef { get; init; }

    [JsonPropertyName("nodeName")] public string? NodeName { get; init; }

    /// <summary>v1 only.</summary>
    [JsonPropertyName("zone")] public string? Zone { get; init; }

    [JsonPropertyName("hints")] public HintsWire? Hints { get; init; }

    /// <summary>v1beta1 only: the node's name and zone by their well-known labels.</summary>
    [JsonPropertyName("topology")] public IReadOnlyDictionary<string, string>? Topology { get; init; }
}

internal sealed record ConditionsWire
{
    [JsonPropertyName("ready")] public bool? Ready { get; init; }

    [JsonPropertyName("serving")] public bool? Serving { get; init; }

    [JsonPropertyName("terminating")] public bool? Terminating { get; init; }
}

internal sealed record TargetWire
{
    [JsonPropertyName("kind")] public string? Kind { get; init; }

    [JsonPropertyName("namespace")] public string? Namespace { get; init; }

    [JsonPropertyName("name")] public string? Name { get; init; }

    [JsonPropertyName("uid")] public string? Uid { get; init; }
}

internal sealed record HintsWire
{
    [JsonPropertyName("forZones")] public IReadOnlyList<HintWire>? ForZones { get; init; }

    [JsonPropertyName("forNodes")] public IReadOnlyList<HintWire>? ForNodes { get; init; }
}

/// <summary>The name of a zone or of a node.</summary>
internal sealed record HintWire
{
    [JsonPropertyName("name")] public string? Name { get; init; }
}
