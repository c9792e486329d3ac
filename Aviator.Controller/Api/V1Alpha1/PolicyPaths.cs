using Aviator.Kubernetes;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>Where a policy is found on the API server.</summary>
internal static class PolicyPaths
{
    /// <summary>A policy's namespace and name.</summary>
    public static ObjectKey Key(this AviatorPolicy policy) => new(policy.Metadata.NamespaceProperty, policy.Metadata.Name);

    /// <summary>The path of one policy, without a leading slash.</summary>
    public static string Path(this AviatorPolicy policy) => AviatorNames.Policies.Path(policy.Key());
}
