using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Cluster;

/// <summary>What steering needs to know of a node.</summary>
/// <param name="Zone">Its zone; null when it has none.</param>
/// <param name="MayServe">Whether it is ready, and no node of the control plane.</param>
internal sealed record NodeFacts(string? Zone, bool MayServe)
{
    private static readonly string[] ControlPlane = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

    public static NodeFacts Read(ResourceItem<V1Node> item)
    {
        var (labels, status) = (item.Value.Metadata.Labels, item.Value.Status);
        var zone = labels?.TryGetValue("topology.kubernetes.io/zone", out var name) == true && name.Length > 0 ? name : null;
        var ready = status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
        return new(zone, ready && !ControlPlane.Any(role => labels?.ContainsKey(role) == true));
    }
}
