using Aviator.Core.Slices;

namespace Aviator.Core.Steering;

/// <summary>One ready address behind one TCP port of a Service, as its EndpointSlices list it.</summary>
/// <param name="Family">The address's family.</param>
/// <param name="Port">The Service's port.</param>
/// <param name="Number">The pod's port.</param>
/// <param name="Endpoint">The slice's row, with its hints.</param>
internal sealed record PortRow(AddressFamily Family, ServicePort Port, int Number, SliceEndpoint Endpoint)
{
    /// <summary>What decisions know it by: the pod's UID, or the address of what is no pod.</summary>
    public string Key => Endpoint.PodUid ?? Endpoint.Address;

    /// <summary>
    /// What kube-proxy chooses from: the ready rows of every slice of the Service, whoever wrote it, each address and port once.
    /// </summary>
    /// <param name="service">The Service.</param>
    /// <param name="slices">Its slices.</param>
    /// <param name="isOut">
    /// Whether the pod of that UID is known to take no new connections any more, which a slice says a moment later.
    /// </param>
    public static IReadOnlyList<PortRow> Read(ServiceShape service, IEnumerable<Slice> slices, Func<string, bool> isOut)
    {
        var tcp = service.Ports.Where(port => port.Protocol == "TCP").ToLookup(port => port.Name, StringComparer.Ordinal);
        return [.. slices.Where(slice => !slice.Deleting)
            .SelectMany(slice => slice.Ports, (slice, port) => (Slice: slice, Port: port))
            .Where(entry => entry.Port is { Protocol: "TCP", Port: not null })
            .SelectMany(entry => tcp[entry.Port.Name], (entry, port) => (entry.Slice, Port: port, Number: entry.Port.Port!.Value))
            .SelectMany(entry => entry.Slice.Endpoints, (entry, row) => new PortRow(entry.Slice.Family, entry.Port, entry.Number, row))
            .Where(row => row.Endpoint is { Ready: true, Address.Length: > 0 } && !(row.Endpoint.PodUid is { } uid && isOut(uid)))
            .DistinctBy(row => (row.Family, row.Port.Port, row.Number, row.Endpoint.Address))
            .OrderBy(row => row.Endpoint.Address, StringComparer.Ordinal).ThenBy(row => row.Number)];
    }
}
