using Aviator.Controller.Cluster;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Resources;

/// <summary>What is read of a Service, in the forms that servers of 1.20 to now send.</summary>
public sealed class ServiceReaderTests
{
    [Theory]
    [InlineData("""{"trafficDistribution":"PreferClose"}""", null, "Zone")]
    [InlineData("""{"trafficDistribution":"PreferSameZone"}""", null, "Zone")]
    [InlineData("""{"trafficDistribution":"PreferSameNode"}""", null, "Node")]
    [InlineData("""{"trafficDistribution":"PreferTheMoon"}""", null, "Unknown")]
    [InlineData("{}", """{"service.kubernetes.io/topology-mode":"Auto"}""", "Auto")]
    [InlineData("{}", """{"service.kubernetes.io/topology-aware-hints":"auto"}""", "Auto")]
    [InlineData("{}", """{"service.kubernetes.io/topology-mode":"Disabled"}""", "None")]
    [InlineData("{}", """{"service.kubernetes.io/topology-mode":"AUTO"}""", "None")]
    [InlineData("""{"trafficDistribution":"PreferClose"}""", """{"service.kubernetes.io/topology-mode":"Auto"}""", "Auto")]
    [InlineData("""{"trafficDistribution":"PreferSameNode"}""", """{"service.kubernetes.io/topology-mode":"Disabled"}""", "Node")]
    [InlineData(
        "{}", """{"service.kubernetes.io/topology-mode":"Auto","service.kubernetes.io/topology-aware-hints":"disabled"}""", "None")]
    [InlineData(
        "{}", """{"service.kubernetes.io/topology-mode":"Disabled","service.kubernetes.io/topology-aware-hints":"auto"}""", "Auto")]
    [InlineData("{}", null, "None")]
    [Trait("Catalogue", "30")]
    public void Read_WhereTrafficShouldStay_IsUnderstood(string spec, string? annotations, string expected) =>
        Assert.Equal(expected, Read(spec, annotations).Topology.ToString());

    [Theory]
    [InlineData("""{"externalTrafficPolicy":"Local"}""", true)]
    [InlineData("""{"internalTrafficPolicy":"Local"}""", true)]
    [InlineData("""{"externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster"}""", false)]
    [InlineData("{}", false)]
    [Trait("Catalogue", "29")]
    public void Read_LocalTrafficPolicy_KeepsOnePerNode(string spec, bool keeps) => Assert.Equal(keeps, Read(spec).KeepsOnePerNode);

    [Theory]
    [InlineData("""{"ipFamilies":["IPv6","IPv4"]}""", "IPv6,IPv4")]
    [InlineData("""{"clusterIP":"fd00::1"}""", "IPv6")]
    [InlineData("""{"clusterIP":"10.0.0.1"}""", "IPv4")]
    [Trait("Catalogue", "17")]
    public void Read_Families_AreTheServersOrTheAddress(string spec, string families) =>
        Assert.Equal(families, string.Join(',', Read(spec).Families));

    [Theory]
    [InlineData("""{"clusterIP":"fd00:0::1","clusterIPs":["fd00:0::1","10.0.0.1"]}""", "fd00::1 10.0.0.1")]
    [InlineData("""{"clusterIP":"10.0.0.1"}""", "10.0.0.1")]
    [InlineData("""{"clusterIP":"None","clusterIPs":["None"]}""", "")]
    [InlineData("{}", "")]
    public void Read_ClusterIps_AreTheAddressesInCanonicalForm(string spec, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', Read(spec).ClusterIps));

    [Fact]
    public void Read_SliceOfKubernetes_HasHintsForZonesAndNodes()
    {
        var slice = SliceMapper.Read(Item<SliceWire>(
            """
            {"metadata":{"labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","ports":[{"name":"http","port":8080}],
             "endpoints":[{"addresses":["10.0.0.1"],"hints":{"forZones":[{"name":"z1"},{"name":"z2"}],"forNodes":[{"name":"n1"}]}}]}
            """))!;
        Assert.Equal(["z1", "z2"], slice.Endpoints[0].HintZones);
        Assert.Equal(["n1"], slice.Endpoints[0].HintNodes);
    }

    [Fact]
    public void Read_TargetPorts_ByNumberByNameAndLeftOut()
    {
        var service = Read(
            """{"ports":[{"name":"a","port":80,"targetPort":8080},{"name":"b","port":81,"targetPort":"http"},""" +
            """{"name":"c","port":82,"protocol":"UDP"}]}""");

        Assert.Equal([(8080, null, "TCP"), (null, "http", "TCP"), (null, null, "UDP")],
            service.Ports.Select(port => (port.TargetNumber, port.TargetName, port.Protocol)));
    }

    [Fact]
    public void Read_PodWithASidecar_TellsItsMeshAndItsPorts()
    {
        var facts = Pod("""
            {"metadata":{"uid":"u","labels":{"app":"web"}},"spec":{"readinessGates":[{"conditionType":"target-health.elbv2.k8s.aws/x"}],
             "containers":[{"name":"app","ports":[{"name":"http","containerPort":8080},{"containerPort":9000}]}],
             "initContainers":[{"name":"linkerd-proxy","restartPolicy":"Always","ports":[{"name":"admin","containerPort":4191}]},
               {"name":"setup","ports":[{"name":"no","containerPort":1}]}]},
             "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],
               "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-11-29T20:00:00Z"}]}}
            """);

        Assert.Equal("Linkerd sidecar", facts.Mesh);
        Assert.Equal(["http", "admin"], facts.Shape.Ports.Select(port => port.Name));
        Assert.Equal(["10.0.0.1", "fd00::1"], facts.Shape.Addresses);
        Assert.True(facts.Shape is { Ready: true, Terminating: false, Finished: false });
        Assert.Equal("2026-11-29T20:00:00Z", facts.Shape.ReadyChangedAt);
    }

    /// <summary>Redirected to a ztunnel, which has no part in the pod: that is no sidecar.</summary>
    [Theory]
    [InlineData("enabled", true)]
    [InlineData("disabled", false)]
    public void Read_PodInTheAmbientMesh_HasNoSidecar(string value, bool ambient)
    {
        var facts = Pod($$$"""{"metadata":{"uid":"u","annotations":{"ambient.istio.io/redirection":"{{{value}}}"} } }""");
        Assert.Equal((null, ambient), (facts.Mesh, facts.Ambient));
    }

    [Theory]
    [InlineData("Running", "False", false)]
    [InlineData("Running", "True", true)]
    [InlineData("Running", "Unknown", false)]
    [Trait("Catalogue", "18")]
    public void Read_RunningPod_IsReadyByItsConditionAlone(string phase, string ready, bool expected) =>
        Assert.Equal(expected, Pod(
            $$$"""{"metadata":{"uid":"u"},"status":{"phase":"{{{phase}}}","conditions":[{"type":"Ready","status":"{{{ready}}}"}]}}""")
            .Shape.Ready);

    [Theory]
    [InlineData("{}", MeasuringObstacle.None)]
    [InlineData("{\"hostNetwork\":true,\"runtimeClassName\":\"gvisor\"}", MeasuringObstacle.HostNetwork)]
    [InlineData("{\"runtimeClassName\":\"gvisor\"}", MeasuringObstacle.Sandbox)]
    [InlineData("{\"runtimeClassName\":\"kata-mshv-vm-isolation\"}", MeasuringObstacle.Sandbox)]
    [InlineData("{\"runtimeClassName\":\"nvidia\"}", MeasuringObstacle.None)]
    public void Read_PodOutOfTheKernelsSight_SaysWhatStandsAgainstMeasuringIt(string spec, MeasuringObstacle expected) =>
        Assert.Equal(expected, Pod($$$"""{"metadata":{"uid":"u"},"spec":{{{spec}}}}""").Obstacle);

    private static ServiceShape Read(string spec, string? annotations = null) => ServiceReader.Read(Item<V1Service>(
        $$$"""{"metadata":{"uid":"u","annotations":{{{annotations ?? "{}"}}}},"spec":{{{spec}}}}"""));

    private static PodFacts Pod(string json) => PodReader.Read(Item<V1Pod>(json));

    private static ResourceItem<T> Item<T>(string json)
        where T : class => new(new ObjectKey("shop", "web"), "1", KubernetesJson.Deserialize<T>(json));
}
