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
        Owners(policies.Where(policy => policy.Spec.TargetRef.Name == service)).FirstOrDefault();

    /// <summary>The policies that have their Service, in the order of precedence, which is also that of all their probes.</summary>
    /// <param name="policies">The policies of one namespace.</param>
    public static IEnumerable<AviatorPolicy> Owners(IEnumerable<AviatorPolicy> policies) =>
        OldestFirst(policies
            .Where(policy => policy.Metadata.DeletionTimestamp is null && SpecReader.Read(policy.Spec, out _) is not null))
        .DistinctBy(policy => policy.Spec.TargetRef.Name, StringComparer.Ordinal);

    /// <summary>The policies of one namespace in the order of their precedence: by time of creation, then by name.</summary>
    public static IEnumerable<AviatorPolicy> OldestFirst(IEnumerable<AviatorPolicy> policies) => policies
        .OrderBy(policy => policy.Metadata.CreationTimestamp ?? DateTime.MaxValue)
        .ThenBy(policy => policy.Metadata.Name, StringComparer.Ordinal);
}
