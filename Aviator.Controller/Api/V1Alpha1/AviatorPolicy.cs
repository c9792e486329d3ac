using System.Text.Json.Serialization;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>The custom resource: which Service to steer, and how. The schema is config/crd; a test holds the two together.</summary>
[KubernetesEntity(
    Group = AviatorNames.Group, ApiVersion = AviatorNames.Version, Kind = AviatorNames.Kind, PluralName = AviatorNames.Plural)]
public sealed record AviatorPolicy : IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = AviatorNames.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = AviatorNames.Kind;

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    [JsonConverter(typeof(TolerantSpecConverter))]
    public AviatorPolicySpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was seen and decided; null before the first write.</summary>
    public AviatorPolicyStatus? Status { get; init; }
}

/// <summary>A page of policies, as the API server lists them.</summary>
public sealed record AviatorPolicyList : IKubernetesObject<V1ListMeta>, IItems<AviatorPolicy>
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = AviatorNames.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = $"{AviatorNames.Kind}List";

    /// <inheritdoc/>
    public V1ListMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    public IList<AviatorPolicy> Items { get; set; } = [];
}
