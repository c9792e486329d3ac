using System.Net;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>The addresses that Kubernetes shows as ready behind some Services, at one moment.</summary>
internal sealed class ReadyAddresses
{
    private readonly Dictionary<ObjectKey, HashSet<IPAddress>> _ready;

    /// <summary>Collects them.</summary>
    /// <param name="services">The Services of interest.</param>
    /// <param name="slices">All slices; those of other Services are passed over.</param>
    public ReadyAddresses(IEnumerable<ObjectKey> services, IEnumerable<SliceView> slices)
    {
        _ready = services.ToDictionary(service => service, _ => new HashSet<IPAddress>());
        foreach (var slice in slices)
            if (_ready.TryGetValue(slice.Service, out var ready))
                ready.UnionWith(slice.Ready);
    }

    /// <summary>Whether the address may get new connections of the Service.</summary>
    public bool Has(ObjectKey service, IPAddress address) => _ready.TryGetValue(service, out var ready) && ready.Contains(address);
}
