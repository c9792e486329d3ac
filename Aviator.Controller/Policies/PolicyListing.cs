using Aviator.Controller.Api.V1Alpha1;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>All policies at once, for roles that do not follow them.</summary>
internal static class PolicyListing
{
    private const int PageSize = 500;

    /// <summary>Reads them; none where the definition is not there: it is gone already, and every policy with it.</summary>
    /// <inheritdoc cref="FindAsync"/>
    public static async Task<IReadOnlyList<AviatorPolicy>> AllAsync(
        ApiConnection connection, string? ns, CancellationToken cancellationToken) =>
        await FindAsync(connection, ns, cancellationToken) ?? [];

    /// <summary>Reads them page by page; null where the definition is not there.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    public static async Task<IReadOnlyList<AviatorPolicy>?> FindAsync(
        ApiConnection connection, string? ns, CancellationToken cancellationToken)
    {
        var client = new ResourceClient<AviatorPolicy>(connection, AviatorNames.Policies, new ResourceScope(ns));
        var found = new List<AviatorPolicy>();
        try
        {
            for (string? token = null; ;)
            {
                var page = await client.ListAsync(PageSize, token, cancellationToken);
                found.AddRange(page.Items.Select(item => item.Value));
                if ((token = page.Continue) is null) return found;
            }
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return null;
        }
    }
}
