using Aviator.Controller.Cluster;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Orders;

/// <summary>
/// Plans orders from the decisions in force and the cluster as it is seen. What a node may choose from is what kube-proxy chooses from:
/// Kubernetes' own EndpointSlices, which routing Kernel does not touch.
/// </summary>
/// <param name="cluster">Services, slices, pods and nodes.</param>
/// <param name="routes">The decisions.</param>
/// <param name="inFlight">Requests in flight at a row by its node's last report; null when unknown.</param>
internal sealed class SteeringOrders(ClusterView cluster, KernelRoutes routes, Func<PortRow, int?> inFlight)
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
            var inside = service.FromInside();
            var settled = inside.Topology == TopologyMode.Auto ? cluster.Settle(inside, cluster.MembershipOf(inside)) : inside;
            yield return new(settled, PortRow.Read(service, slices[key.Name], IsOut), route, inFlight);
        }

        bool IsOut(string uid) => !pods.TryGetValue(uid, out var pod) || pod is not { Ready: true, Terminating: false, Finished: false };
    }
}
