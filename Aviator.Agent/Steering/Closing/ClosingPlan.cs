using Aviator.Agent.Interest;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering.Closing;

/// <summary>Endpoints of which idle connections are closed, each for the Services' addresses that it concerns. Pure.</summary>
internal sealed class ClosingPlan
{
    private readonly Dictionary<(ServiceKey Service, EndpointAddress Endpoint), Cause> _rows;

    private ClosingPlan(Dictionary<(ServiceKey, EndpointAddress), Cause> rows) =>
        (_rows, Endpoints) = (rows, rows.Keys.Select(row => row.Item2).ToHashSet());

    /// <summary>The endpoints.</summary>
    public IReadOnlySet<EndpointAddress> Endpoints { get; }

    /// <summary>
    /// Those of weight 0, where another has the connections, and the crowded ones. Of a port without a positive weight the kernel gives
    /// none, and what is open may stay.
    /// </summary>
    public static ClosingPlan Of(AcceptedOrder order, IEnumerable<CrowdedEndpoint> crowded)
    {
        var rows = new Dictionary<(ServiceKey, EndpointAddress), Cause>();
        foreach (var one in crowded) rows[(one.Service, one.Endpoint)] = new(one.Owner, one.Pace);
        foreach (var service in order.Services.Where(service => service.CloseIdle))
            foreach (var row in service.Addresses.Where(row => row.Endpoints.Any(endpoint => endpoint.Weight > 0)))
                foreach (var endpoint in row.Endpoints.Where(endpoint => endpoint.Weight == 0))
                    rows[(new(row.Address, row.Port), new(endpoint.Address, endpoint.Port))] = new(service.Key, null);
        return new(rows);
    }

    /// <summary>Why this connection is to be closed; null when it is to stay.</summary>
    public Cause? CauseFor(ClientConnection connection) => _rows.GetValueOrDefault((connection.Service, connection.Endpoint));

    /// <summary>Why a connection is closed.</summary>
    /// <param name="Owner">The Service.</param>
    /// <param name="Pace">Where its endpoint is crowded, from one to the next; null where it is out of use.</param>
    internal sealed record Cause(ObjectKey Owner, TimeSpan? Pace);
}
