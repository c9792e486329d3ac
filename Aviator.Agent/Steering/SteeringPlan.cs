using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>What the table is to hold: an order without the endpoints that Kubernetes does not show as ready. Pure.</summary>
internal static class SteeringPlan
{
    /// <summary>Plans.</summary>
    /// <param name="order">The order.</param>
    /// <param name="ready">Who is ready.</param>
    public static IReadOnlyList<ConnectService> Of(AcceptedOrder order, ReadyAddresses ready) =>
        [.. order.Services.SelectMany(service => service.Addresses, (service, row) => Only(ready, service.Key, row))];

    /// <summary>Whether both say the same; as records they compare their lists by reference.</summary>
    public static bool Same(IReadOnlyList<ConnectService> one, IReadOnlyList<ConnectService> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => Same(pair.First, pair.Second));

    private static bool Same(ConnectService one, ConnectService other) =>
        one.Address.Equals(other.Address) && one.Port == other.Port && one.FailOpenAfter == other.FailOpenAfter
        && one.Endpoints.SequenceEqual(other.Endpoints);

    private static ConnectService Only(ReadyAddresses ready, ObjectKey service, ConnectService row) =>
        row with { Endpoints = [.. row.Endpoints.Where(endpoint => ready.Has(service, endpoint.Address))] };
}
