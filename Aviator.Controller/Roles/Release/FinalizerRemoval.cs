using Aviator.Controller.Policies;
using Aviator.Kubernetes;

namespace Aviator.Controller.Roles.Release;

/// <summary>
/// Takes the finalizer off every policy: their Services are released, so nothing keeps a policy, or its definition, from being deleted.
/// </summary>
/// <param name="connection">The API server.</param>
/// <param name="finalizer">Writes one.</param>
/// <param name="ns">One namespace, or null for all.</param>
internal sealed class FinalizerRemoval(ApiConnection connection, PolicyFinalizer finalizer, string? ns)
{
    private const int Attempts = 5;

    /// <summary>Takes them off.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<int> RemoveAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var left = 0;
            foreach (var policy in await PolicyListing.AllAsync(connection, ns, cancellationToken))
            {
                try
                {
                    if (await finalizer.RemoveAsync(policy, cancellationToken)) removed++;
                }
                catch (ApiException refusal) when (refusal.IsConflict && attempt < Attempts)
                {
                    // It was changed since it was listed; the next round sees how.
                    left++;
                }
            }

            if (left == 0) break;
        }

        return removed;
    }
}
