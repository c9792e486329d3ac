using Aviator.Controller.Cluster;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Orders;

/// <summary>
/// Plans orders from the decisions in force and the cluster as it is seen. What a node may choose from is what kube-proxy would choose from
/// without Aviator: the rows of Kubernetes' own EndpointSlices, or, where own slices steer the Service and those are empty, the pods.
/// </summary>
/// <param name="cluster">Services, slices, pods and nodes.</param>
/// <param name="routes">The decisions.</param>
/// <param name="inFlight">
/// Requests in flight at a row by its node's last report, with its engine's queue or without; null when unknown.
/// </param>
internal sealed class SteeringOrders(ClusterView cluster, KernelRoutes routes, Func<PortRow, bool, int?> inFlight)
{
    /// <summary>What to order now.</summary>
    public SteeringPlan Plan() => new(
        [.. routes.All.GroupBy(entry => entry.Key.Namespace, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .SelectMany(group => InNamespace(group.Key, [.. group.OrderBy(entry => entry.Key.Name, StringComparer.Ordinal)]))],
        node => cluster.Nodes.Find(new("", node))?.Zone);

    private IEnumerable<ServicePlan> InNamespace(string ns, List<KeyValuePair<ObjectKey, KernelRoute>> wanted)
    {
        var slices = cluster.Slices.InNamespace(ns).Values.ToLookup(slice => slice.ServiceName, StringComparer.Ordinal);
        var pods = new Dictionary<string, PodShape>(StringComparer.Ordinal);
        foreach (var pod in cluster.Pods.InNamespace(ns).Values) pods[pod.Shape.Uid] = pod.Shape;
        foreach (var (key, route) in wanted)
        {
            // One that is gone, or about to be, is handed back by its own reconciliation; until then it is left out.
            if (cluster.Services.Find(key) is not { Deleting: false } service) continue;
            yield return IsSteeredBySlices(service, route, slices[key.Name])
                ? OfPods(service.FromInside(), route)
                : OfSlices(service.FromInside(), route, PortRow.Read(service, slices[key.Name], IsOut));
        }

        bool IsOut(string uid) => !pods.TryGetValue(uid, out var pod) || pod is not { Ready: true, Terminating: false, Finished: false };
    }

    /// <summary>
    /// Also of one that a policy with routing Kernel has now, while it is handed back: until then its default slices are empty.
    /// </summary>
    private static bool IsSteeredBySlices(ServiceShape service, KernelRoute route, IEnumerable<Slice> slices) =>
        route.Terms.BesideSlices || service.IsKeyed || slices.Any(slice => slice.IsOwn);

    private ServicePlan OfSlices(ServiceShape service, KernelRoute route, IReadOnlyList<PortRow> rows)
    {
        var settled = service.Topology == TopologyMode.Auto ? AutoHints.Settle(service, cluster.MembershipOf(service)) : service;
        return new(settled, rows, route, InFlight(route, rows));
    }

    private ServicePlan OfPods(ServiceShape service, KernelRoute route)
    {
        var subsets = cluster.MembershipOf(service);
        var settled = AutoHints.Settle(service, subsets);
        var rows = MemberRows.Of(settled, subsets);
        return new(settled, rows, route, InFlight(route, rows), service.PodSelector);
    }

    private Func<PortRow, int?> InFlight(KernelRoute route, IReadOnlyList<PortRow> rows) =>
        OrderedInFlight.For(rows, row => row.Port.Port, route.Terms.ReadsEngines, inFlight);
}
