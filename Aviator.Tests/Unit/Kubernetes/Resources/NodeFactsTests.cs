using Aviator.Controller.Cluster;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Resources;

public sealed class NodeFactsTests
{
    [Theory]
    [InlineData("""{"topology.kubernetes.io/zone":"a"}""", "a")]
    [InlineData("""{"topology.kubernetes.io/zone":""}""", null)]
    [InlineData("{}", null)]
    public void Read_Zone_IsItsLabel(string labels, string? zone)
    {
        var node = KubernetesJson.Deserialize<V1Node>($$$"""{"metadata":{"name":"n","labels":{{{labels}}}}}""");
        Assert.Equal(zone, NodeFacts.Read(new(new ObjectKey("", "n"), "1", node)).Zone);
    }

    [Theory]
    [InlineData("{}", "True", true)]
    [InlineData("{}", "False", false)]
    [InlineData("""{"node-role.kubernetes.io/control-plane":""}""", "True", false)]
    [InlineData("""{"node-role.kubernetes.io/master":""}""", "True", false)]
    public void Read_NodeThatMayServe_IsReadyAndOfNoControlPlane(string labels, string ready, bool mayServe)
    {
        var node = KubernetesJson.Deserialize<V1Node>($$$"""
            {"metadata":{"name":"n","labels":{{{labels}}} },"status":{"conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}
            """);
        Assert.Equal(mayServe, NodeFacts.Read(new(new ObjectKey("", "n"), "1", node)).MayServe);
    }
}
