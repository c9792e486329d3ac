using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Policies;

/// <summary>Which policy has a Service. Pure.</summary>
internal static class PolicyClaims
{
    /// <summary>
    /// The policy that a Service belongs to: the oldest that names it, by time of creation and then by name, so that every replica and
    /// every run comes to the same answer. A policy that is being deleted, or whose spec cannot be carried out at all, names nothing.
    /// </summary>
    /// <param name="service">Name of the Service.</param>
    /// <param name="policies">The policies of its namespace.</param>
    public static AviatorPolicy? OwnerOf(string service, IEnumerable<AviatorPolicy> policies) =>
        OldestFirst(policies
                .Where(policy => policy.Metadata.DeletionTimestamp is null && policy.Spec.TargetRef.Name == service)
                .Where(policy => SpecReader.Read(policy.Spec, out _) is not null))
            .FirstOrDefault();

    /// <summary>The policies of one namespace in the order of their precedence: by time of creation, then by name.</summary>
    public static IEnumerable<AviatorPolicy> OldestFirst(IEnumerable<AviatorPolicy> policies) => policies
        .OrderBy(policy => policy.Metadata.CreationTimestamp ?? DateTime.MaxValue)
        .ThenBy(policy => policy.Metadata.Name, StringComparer.Ordinal);

    /// <summary>The policy that may steer the Service: its owner, if that one enforces.</summary>
    public static AviatorPolicy? SteererOf(string service, IEnumerable<AviatorPolicy> policies)
    {
        if (OwnerOf(service, policies) is not { } owner) return null;
        return SpecReader.Read(owner.Spec, out _) is { Mode: PolicyMode.Enforce, Routing: PolicyRouting.Service } ? owner : null;
    }
}
