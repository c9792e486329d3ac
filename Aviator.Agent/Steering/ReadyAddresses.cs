using System.Net;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// The addresses that Kubernetes shows as ready behind some Services, at one moment. A Service of which nothing is known yet is not among
/// them, and its order stands as it is.
/// </summary>
/// <param name="known">The ready addresses of each Service of which something is known.</param>
internal sealed class ReadyAddresses(IReadOnlyDictionary<ObjectKey, IReadOnlySet<IPAddress>> known)
{
    /// <summary>Whether the address may get new connections of the Service.</summary>
    public bool Has(ObjectKey service, IPAddress address) => !known.TryGetValue(service, out var ready) || ready.Contains(address);
}
