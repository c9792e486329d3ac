using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Cluster;

/// <summary>What routing by zone needs to know of a node.</summary>
/// <param name="Zone">Its zone; null when it has none.</param>
/// <param name="Cpu">CPU that pods may be given, in cores; null when the node does not say.</param>
/// <param name="MayServe">Whether it is ready, and no node of the control plane.</param>
internal sealed record NodeFacts(string? Zone, double? Cpu, bool MayServe)
{
    private static readonly string[] ControlPlane = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

    public static NodeFacts Read(ResourceItem<V1Node> item)
    {
        var (labels, status) = (item.Value.Metadata.Labels, item.Value.Status);
        var zone = labels?.TryGetValue("topology.kubernetes.io/zone", out var name) == true && name.Length > 0 ? name : null;
        var ready = status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
        return new(zone, ReadCpu(status), ready && !ControlPlane.Any(role => labels?.ContainsKey(role) == true));
    }

    /// <summary>
    /// Allocatable CPU by zone, of the nodes that may serve; empty when the zone or the CPU of one of them is not known: the same cases in
    /// which Kubernetes writes no hints.
    /// </summary>
    public static IReadOnlyDictionary<string, double> CpuByZone(IEnumerable<NodeFacts> nodes)
    {
        var zones = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var node in nodes.Where(node => node.MayServe))
        {
            if (node is not { Zone: { } zone, Cpu: > 0 and var cpu }) return new Dictionary<string, double>();
            zones[zone] = zones.GetValueOrDefault(zone) + cpu;
        }

        return zones;
    }

    private static double? ReadCpu(V1NodeStatus? status) =>
        status?.Allocatable?.TryGetValue("cpu", out var quantity) == true ? (double)quantity.ToDecimal() : null;
}
