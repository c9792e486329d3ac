using System.Collections.Concurrent;
using Aviator.Core.Slices;
using Aviator.Core.Steering;

namespace Aviator.Controller.Orders;

/// <summary>What is ordered at one moment, for every node. Nodes that reach the same endpoints share what was worked out for one.</summary>
/// <param name="services">The Services.</param>
/// <param name="zoneOf">The zone of a node by name; null when unknown.</param>
internal sealed class SteeringPlan(IReadOnlyList<ServicePlan> services, Func<string, string?> zoneOf)
{
    /// <summary>Whether no policy orders kernels.</summary>
    public bool IsEmpty => services.Count == 0;

    /// <summary>The shortest time after which an order is too old for one of the Services; null when there is none.</summary>
    public TimeSpan? ShortestFailOpen => IsEmpty ? null : services.Min(service => service.Route.Terms.FailOpenAfter);

    /// <summary>The Services of one node's order.</summary>
    public IReadOnlyList<KernelService> For(string node)
    {
        var client = new ClientNode(node, zoneOf(node));
        return [.. services.Select(service => service.For(client)).OfType<KernelService>().Take(SteeringLimits.Services)];
    }
}

/// <summary>One Service of a plan.</summary>
/// <param name="service">The Service, its topology settled.</param>
/// <param name="rows">What stands behind it.</param>
/// <param name="route">What is in force.</param>
/// <param name="inFlight">Requests in flight at a row; null when unknown.</param>
/// <param name="podSelector">The labels of its pods where they say themselves who is ready; null where Kubernetes' own slices do.</param>
internal sealed class ServicePlan(
    ServiceShape service, IReadOnlyList<PortRow> rows, KernelRoute route, Func<PortRow, int?> inFlight, LabelSet? podSelector = null)
{
    private readonly ConcurrentDictionary<ClientNode, KernelService?> _orders = new();
    private readonly Dictionary<string, string>? _podSelector = podSelector?.All.ToDictionary(StringComparer.Ordinal);
    private readonly bool _dependsOnNode = NodeReach.DependsOnNode(service, rows);
    private readonly bool _dependsOnZone = NodeReach.DependsOnZone(rows);

    /// <summary>What is in force.</summary>
    public KernelRoute Route => route;

    /// <summary>The Service for the clients of a node; null when that node leaves it to kube-proxy.</summary>
    public KernelService? For(ClientNode client) => _orders.GetOrAdd(
        new(_dependsOnNode ? client.Name : "", _dependsOnZone ? client.Zone : null),
        place => KernelServices.For(service, rows, route.Decision, route.Terms.FailOpenAfter, place, inFlight) is { } ordered
            ? ordered with { CloseIdle = route.Terms.CloseIdle, Rebalance = route.Terms.Rebalance, PodSelector = _podSelector }
            : null);
}
