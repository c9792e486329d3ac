using Aviator.Kubernetes;

namespace Aviator.Controller.Leadership;

/// <summary>
/// The one Lease that is contended for. Every write says which version it was decided on, so of two writers one is refused.
/// </summary>
internal interface ILeaseLock
{
    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<Lease?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Creates it; null when another was first.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    Task<Lease?> CreateAsync(LeaseSpec spec, CancellationToken cancellationToken);

    /// <summary>Puts <paramref name="spec"/> in the place of what was seen; null when another was first, or the Lease is gone.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    Task<Lease?> ReplaceAsync(Lease seen, LeaseSpec spec, CancellationToken cancellationToken);
}
