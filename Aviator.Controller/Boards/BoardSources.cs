using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Policies;
using Aviator.Kubernetes;

namespace Aviator.Controller.Boards;

/// <summary>What the board asks for beside what it is given.</summary>
/// <param name="Nodes">The nodes that reports came from.</param>
/// <param name="PlaceOf">The node and the zone of a pod; null where unknown.</param>
/// <param name="IsThere">Whether a policy is still there.</param>
internal sealed record BoardSources(
    Func<IReadOnlyList<NodeSight>> Nodes, Func<ObjectKey, (string? Node, string? Zone)> PlaceOf, Func<AviatorPolicy, bool> IsThere)
{
    /// <summary>While nothing has been seen.</summary>
    public static BoardSources None { get; } = new(() => [], _ => (null, null), _ => true);

    /// <summary>What the cluster and the reports say.</summary>
    /// <param name="cluster">The cluster as seen.</param>
    /// <param name="policies">The policies as seen.</param>
    /// <param name="nodes">The nodes that reports came from.</param>
    public static BoardSources Over(ClusterView cluster, PolicyStore policies, Func<IReadOnlyList<NodeSight>> nodes) => new(nodes, pod =>
    {
        var node = cluster.Pods.Find(pod)?.Shape.NodeName;
        return (node, node is null ? null : cluster.Nodes.Find(new("", node))?.Zone);
    }, policy => policies.Policies.Find(policy.Key())?.Metadata.Uid == policy.Metadata.Uid);
}
