using Aviator.Agent.Interest;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// Which endpoints have more than their share of a node's connections while one that joined lately has far less than its own. Pools keep
/// their connections, so an endpoint that joins gets none by itself. Ends ten minutes after the last one joined, whatever came of it:
/// connections that are spread by chance are never even.
/// </summary>
internal sealed class Crowding(TimeProvider time)
{
    /// <summary>For so long an endpoint counts as one that joined.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);

    /// <summary>Of its share, what an endpoint that joined needs to have to be left alone.</summary>
    private const double Enough = 0.75;

    /// <summary>Of a Service's connections, one in so many is closed per minute.</summary>
    private const int OneOfPerMinute = 10;

    private readonly Dictionary<ServiceKey, Dictionary<EndpointAddress, long?>> _joined = [];

    /// <summary>Takes an order in.</summary>
    /// <param name="order">The order in force.</param>
    /// <param name="open">Connections open to each endpoint.</param>
    /// <returns>The endpoints that have more than their share.</returns>
    public IReadOnlyList<CrowdedEndpoint> Of(AcceptedOrder order, IReadOnlyDictionary<EndpointAddress, int> open)
    {
        var rows = order.Services.Where(service => service.Rebalance)
            .SelectMany(service => service.Addresses, (service, row) => (service.Key, Row: row)).ToList();
        var keys = rows.Select(entry => KeyOf(entry.Row)).ToHashSet();
        foreach (var gone in _joined.Keys.Where(key => !keys.Contains(key)).ToList()) _joined.Remove(gone);
        return [.. rows.SelectMany(entry => Of(entry.Key, entry.Row, open))];
    }

    private IEnumerable<CrowdedEndpoint> Of(ObjectKey owner, ConnectService row, IReadOnlyDictionary<EndpointAddress, int> open)
    {
        var inUse = row.Endpoints.Where(endpoint => endpoint.Weight > 0)
            .Select(endpoint => (Address: new EndpointAddress(endpoint.Address, endpoint.Port), endpoint.Weight)).ToList();
        var joined = Joined(KeyOf(row), inUse.ConvertAll(endpoint => endpoint.Address));
        var all = inUse.Sum(endpoint => Open(endpoint.Address));
        var share = all / inUse.Sum(endpoint => endpoint.Weight);
        if (!inUse.Exists(one => joined.Contains(one.Address) && Open(one.Address) < Math.Floor(Enough * share * one.Weight))) return [];
        var pace = TimeSpan.FromMinutes(1) / Math.Max(1, all / OneOfPerMinute);
        return inUse.Where(one => !joined.Contains(one.Address) && Open(one.Address) > Math.Ceiling(share * one.Weight))
            .Select(one => new CrowdedEndpoint(owner, KeyOf(row), one.Address, pace));

        int Open(EndpointAddress endpoint) => open.GetValueOrDefault(endpoint);
    }

    /// <summary>Those that came since the Service was first ordered, and not longer ago than counts.</summary>
    private HashSet<EndpointAddress> Joined(ServiceKey service, List<EndpointAddress> inUse)
    {
        var known = _joined.GetValueOrDefault(service);
        var now = time.GetTimestamp();
        _joined[service] = inUse.ToDictionary(endpoint => endpoint,
            endpoint => known is null ? null : known.TryGetValue(endpoint, out var since) ? since : now);
        return [.. _joined[service].Where(one => one.Value is { } since && time.GetElapsedTime(since) < Lasts).Select(one => one.Key)];
    }

    private static ServiceKey KeyOf(ConnectService row) => new(row.Address, row.Port);
}

/// <summary>An endpoint that has more than its share.</summary>
/// <param name="Owner">The Service.</param>
/// <param name="Service">The address and port of it that clients ask for.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Pace">From one connection of the Service that is closed to the next.</param>
internal sealed record CrowdedEndpoint(ObjectKey Owner, ServiceKey Service, EndpointAddress Endpoint, TimeSpan Pace);
