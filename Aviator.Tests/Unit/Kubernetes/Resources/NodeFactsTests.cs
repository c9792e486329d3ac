using Aviator.Controller.Cluster;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Resources;

/// <summary>CPU by zone, as Kubernetes counts it for topology hints: ready nodes, without those of the control plane.</summary>
public sealed class NodeFactsTests
{
    [Fact]
    public void CpuByZone_NodesThatMayServe_AreSummed() => Assert.Equal(
        [new("a", 5.5), new("b", 8)],
        NodeFacts.CpuByZone(
            [Node("a", "4"), Node("a", "1500m"), Node("b", "8"), Node("a", "64", ready: "False"), Node("b", "64", control: true)])
            .OrderBy(zone => zone.Key));

    [Theory]
    [InlineData(null, "4")]
    [InlineData("a", null)]
    public void CpuByZone_ANodeThatDoesNotSay_IsNoZoneAtAll(string? zone, string? cpu) =>
        Assert.Empty(NodeFacts.CpuByZone([Node("a", "4"), Node("b", "4"), Node(zone, cpu)]));

    private static NodeFacts Node(string? zone, string? cpu, string ready = "True", bool control = false)
    {
        var labels = (zone is null ? "" : $"\"topology.kubernetes.io/zone\":\"{zone}\"")
            + (control ? ",\"node-role.kubernetes.io/control-plane\":\"\"" : "");
        var allocatable = cpu is null ? "" : $"\"cpu\":\"{cpu}\"";
        var json = $$$"""
            {"metadata":{"name":"n","labels":{ {{{labels}}} }},
             "status":{"allocatable":{ {{{allocatable}}} },"conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}
            """;
        return NodeFacts.Read(new(new ObjectKey("", "n"), "1", KubernetesJson.Deserialize<V1Node>(json)));
    }
}
