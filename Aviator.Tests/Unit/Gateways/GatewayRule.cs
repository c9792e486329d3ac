using Aviator.Controller.Cluster;

namespace Aviator.Tests.Unit.Gateways;

/// <summary>How a gateway turns a Service's EndpointSlices into the endpoints that it sends to, as its source says.</summary>
/// <param name="Gateway">Its name and the version that was read; docs/gateways.md has a row for it.</param>
/// <param name="Takes">Whether it sends new requests to an endpoint with these conditions.</param>
internal sealed record GatewayRule(string Gateway, Func<ConditionsWire, bool> Takes)
{
    /// <summary>Which it takes while it finds none of the first kind; null for none.</summary>
    public Func<ConditionsWire, bool>? Otherwise { get; init; }

    /// <summary>
    /// The addresses that it sends to: those of all slices that carry the Service's name, whoever manages them, at the port of the
    /// Service port's name.
    /// </summary>
    public IReadOnlySet<string> EndpointsOf(IEnumerable<SliceWire> slices, string service, string port)
    {
        var rows = slices
            .Where(slice => slice.Metadata.Labels?.GetValueOrDefault("kubernetes.io/service-name") == service)
            .SelectMany(slice => Rows(slice, port)).ToList();
        var taken = rows.Where(row => Takes(row.Conditions)).ToList();
        if (taken.Count == 0 && Otherwise is { } otherwise) taken = rows.Where(row => otherwise(row.Conditions)).ToList();
        return taken.Select(row => row.Address).ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<(string Address, ConditionsWire Conditions)> Rows(SliceWire slice, string port) =>
        from offered in slice.Ports ?? []
        where offered.Name == port && offered.Port is not null
        from row in slice.Endpoints ?? []
        select ($"{row.Addresses![0]}:{offered.Port}", row.Conditions ?? new());
}
