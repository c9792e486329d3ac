using Aviator.Kubernetes;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>The policy's kind, as the API server's paths name it.</summary>
internal static class PolicyKind
{
    public static ResourceKind Kind { get; } = new(AviatorPolicy.ApiGroup, AviatorPolicy.Version, AviatorPolicy.Plural);

    /// <summary>A policy's namespace and name.</summary>
    public static ObjectKey Key(this AviatorPolicy policy) => new(policy.Metadata.NamespaceProperty, policy.Metadata.Name);

    /// <summary>The path of one policy, without a leading slash.</summary>
    public static string Path(AviatorPolicy policy) => Kind.Path(policy.Key());
}
