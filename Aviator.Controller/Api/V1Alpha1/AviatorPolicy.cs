using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>The custom resource: which Service to steer, and how. The schema is config/crd; a test holds the two together.</summary>
[KubernetesEntity(Group = ApiGroup, ApiVersion = Version, Kind = KindName, PluralName = Plural)]
public sealed record AviatorPolicy : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>API group.</summary>
    public const string ApiGroup = "aviator.example.com";

    /// <summary>API version within the group.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Kind.</summary>
    public const string KindName = "AviatorPolicy";

    /// <summary>Resource name in paths.</summary>
    public const string Plural = "aviatorpolicies";

    /// <summary>Held while a Service may be steered, so that deleting the policy releases it first.</summary>
    public const string Finalizer = "aviator.io/release";

    /// <inheritdoc/>
    public string ApiVersion { get; set; } = $"{ApiGroup}/{Version}";

    /// <inheritdoc/>
    public string Kind { get; set; } = KindName;

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
    public string ApiVersion { get; set; } = $"{AviatorPolicy.ApiGroup}/{AviatorPolicy.Version}";

    /// <inheritdoc/>
    public string Kind { get; set; } = "AviatorPolicyList";

    /// <inheritdoc/>
    public V1ListMeta Metadata { get; set; } = new();

    /// <inheritdoc/>
    public IList<AviatorPolicy> Items { get; set; } = [];
}
