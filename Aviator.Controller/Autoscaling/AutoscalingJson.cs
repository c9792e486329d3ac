using System.Text.Json.Serialization;

namespace Aviator.Controller.Autoscaling;

/// <summary>Answer of the external metrics API: <c>ExternalMetricValueList</c> of <c>external.metrics.k8s.io/v1beta1</c>.</summary>
internal sealed record MetricListWire(string Kind, string ApiVersion, EmptyWire Metadata, IReadOnlyList<MetricWire> Items);

/// <summary>One value.</summary>
/// <param name="MetricName">The metric.</param>
/// <param name="MetricLabels">Whose it is.</param>
/// <param name="Timestamp">When, by RFC 3339 in seconds.</param>
/// <param name="Value">A quantity.</param>
internal sealed record MetricWire(string MetricName, IReadOnlyDictionary<string, string> MetricLabels, string Timestamp, string Value);

/// <summary>What the group has, for discovery: <c>APIGroup</c>.</summary>
internal sealed record GroupWire(
    string Kind, string ApiVersion, string Name, IReadOnlyList<VersionWire> Versions, VersionWire PreferredVersion);

/// <summary>A version of the group.</summary>
internal sealed record VersionWire(string GroupVersion, string Version);

/// <summary>What the version has, for discovery: <c>APIResourceList</c>.</summary>
internal sealed record ResourceListWire(string Kind, string ApiVersion, string GroupVersion, IReadOnlyList<ResourceWire> Resources);

/// <summary>A metric as a resource.</summary>
internal sealed record ResourceWire(string Name, string SingularName, bool Namespaced, string Kind, IReadOnlyList<string> Verbs);

/// <summary>A refusal: <c>Status</c>, which every client of Kubernetes shows.</summary>
internal sealed record StatusWire(
    string Kind, string ApiVersion, EmptyWire Metadata, string Status, string Message, string Reason, int Code);

/// <summary><c>{}</c>.</summary>
internal sealed record EmptyWire;

/// <summary>The figures of one Service, for KEDA; what is not known is left out.</summary>
internal sealed record FiguresWire
{
    /// <summary>The Service's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service's name.</summary>
    public required string Service { get; init; }

    /// <summary>The policy that has the Service.</summary>
    public string? Policy { get; init; }

    /// <summary>99th percentile over the endpoints in use, in milliseconds.</summary>
    public double? P99Milliseconds { get; init; }

    /// <summary>Requests in flight at all ready endpoints.</summary>
    public long? RequestsInFlight { get; init; }

    /// <summary>Requests per second that came to all ready endpoints.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Share (0 to 1) that is unused of what is known to be carried.</summary>
    public double? UnusedCapacity { get; init; }

    /// <summary>The rest of it: an autoscaler adds pods as a figure grows.</summary>
    public double? UsedCapacity { get; init; }

    /// <summary>Age of the figures in seconds.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>Why there is no load, or nothing at all, in a sentence.</summary>
    public string? Reason { get; init; }
}

/// <summary>Source-generated JSON: camel case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetricListWire))]
[JsonSerializable(typeof(GroupWire))]
[JsonSerializable(typeof(ResourceListWire))]
[JsonSerializable(typeof(StatusWire))]
[JsonSerializable(typeof(FiguresWire))]
internal sealed partial class AutoscalingJson : JsonSerializerContext;
