using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Kubernetes;

namespace Aviator.Cli.Cluster;

/// <summary>Reads policies, and says what to do where there are none.</summary>
internal static class PolicyReading
{
    /// <summary>The policies of one namespace, or of all (null), by namespace and name.</summary>
    /// <exception cref="CliException">The cluster has no such kind.</exception>
    public static async Task<IReadOnlyList<AviatorPolicy>> ListAsync(ApiConnection api, string? ns, CancellationToken cancellationToken)
    {
        var found = await PolicyListing.FindAsync(api, ns, cancellationToken) ?? throw new CliException(
            $"This cluster does not know the kind {AviatorNames.Kind}: install Aviator (docs/install.md), or name another cluster by "
            + "--context.");
        return [.. found.OrderBy(policy => policy.Metadata.NamespaceProperty, StringComparer.Ordinal)
            .ThenBy(policy => policy.Metadata.Name, StringComparer.Ordinal)];
    }

    /// <summary>One policy by name; the Service's name does as well, since people think of that first.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static async Task<AviatorPolicy> FindAsync(ApiConnection api, string ns, string name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(api, ns, cancellationToken);
        var plain = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return all.FirstOrDefault(policy => policy.Metadata.Name == plain)
            ?? PolicyClaims.OwnerOf(plain, all)
            ?? all.FirstOrDefault(policy => policy.Spec.TargetRef.Name == plain)
            ?? throw new CliException(all.Count == 0
                ? $"Namespace {ns} has no AviatorPolicy. Name another by -n, or look at all: kubectl aviator status -A."
                : $"Namespace {ns} has no AviatorPolicy {plain}, and none for a Service {plain}; it has "
                    + $"{string.Join(", ", all.Take(5).Select(policy => policy.Metadata.Name))}{(all.Count > 5 ? ", …" : "")}.");
    }
}
