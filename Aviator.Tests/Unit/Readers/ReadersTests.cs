using System.Text.Json;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Readers;

/// <summary>Which Services other programs read, told by objects in the form in which their own documentation writes them.</summary>
public sealed class ReadersTests
{
    private static readonly ServiceShape Web = World.Web with { Labels = new LabelSet([new("app", "web"), new("tier", "front")]) };

    [Theory]
    [InlineData("shop", """{"spec":{"selector":{"matchLabels":{"app":"web"}}}}""", true)]
    [InlineData("other", """{"spec":{"selector":{"matchLabels":{"app":"web"}}}}""", false)]
    [InlineData("other", """{"spec":{"selector":{"matchLabels":{"app":"web"}},"namespaceSelector":{"any":true}}}""", true)]
    [InlineData("other", """{"spec":{"selector":{},"namespaceSelector":{"matchNames":["shop"]}}}""", true)]
    [InlineData("shop", """{"spec":{"selector":{},"namespaceSelector":{"matchNames":["other"]}}}""", false)]
    [InlineData("shop", """{"spec":{"selector":{"matchLabels":{"app":"api"}}}}""", false)]
    [InlineData("shop", """{"spec":{"selector":{"matchExpressions":[{"key":"tier","operator":"In","values":["front","back"]}]}}}""", true)]
    [InlineData("shop", """{"spec":{"selector":{"matchExpressions":[{"key":"tier","operator":"NotIn","values":["front"]}]}}}""", false)]
    [InlineData(
        "shop",
        """{"spec":{"selector":{"matchExpressions":[{"key":"gone","operator":"DoesNotExist"},{"key":"app","operator":"Exists"}]}}}""",
        true)]
    [InlineData("shop", """{"spec":{"selector":{},"serviceDiscoveryRole":"EndpointSlice"}}""", false)]
    [InlineData("shop", """{"spec":"odd"}""", true)]
    public void ServiceMonitor_Reads_TheServicesThatItsSelectorsMatch(string ns, string monitor, bool reads) =>
        Assert.Equal(reads, PrometheusReaders.ServiceMonitor(Object(ns, monitor), new()).Reads(Web));

    [Theory]
    [InlineData("", false, "EndpointSlice")]
    [InlineData("", true, "EndpointSlice", "Endpoints")]
    [InlineData("", true, "EndpointSlice", "")]
    [InlineData("", true)]
    [InlineData("Endpoints", true, "EndpointSlice")]
    [InlineData("EndpointSlice", false, "Endpoints")]
    public void ServiceMonitor_WithoutARoleOfItsOwn_ReadsWhatEveryPrometheusDoes(string own, bool reads, params string[] prometheuses)
    {
        var roles = new PrometheusRoles();
        foreach (var role in prometheuses)
            Assert.Null(roles.Note(Object("shop", $$$"""{"spec":{"serviceDiscoveryRole":"{{{role}}}"}}""")));

        var monitor = Object("shop", $$$"""{"spec":{"selector":{},"serviceDiscoveryRole":"{{{own}}}"}}""");
        Assert.Equal(reads, PrometheusReaders.ServiceMonitor(monitor, roles).Reads(Web));
    }

    [Theory]
    [InlineData("shop", """{"spec":{"strategy":{"canary":{"stableService":"web"}}}}""", true)]
    [InlineData("shop", """{"spec":{"strategy":{"blueGreen":{"activeService":"a","previewService":"web"}}}}""", true)]
    [InlineData("shop", """{"spec":{"strategy":{"canary":{"pingPong":{"pingService":"web","pongService":"b"}}}}}""", true)]
    [InlineData("shop", """{"spec":{"strategy":{"canary":{"pingPong":{"pingService":"a","pongService":"web"}}}}}""", true)]
    [InlineData("other", """{"spec":{"strategy":{"canary":{"canaryService":"web"}}}}""", false)]
    [InlineData("shop", """{"spec":{"strategy":{"canary":{}}}}""", false)]
    public void Rollout_Reads_TheServicesThatItNames(string ns, string rollout, bool reads) =>
        Assert.Equal(reads, DeliveryReaders.Rollout(Object(ns, rollout)).Reads(Web));

    [Theory]
    [InlineData("""{"spec":{"targetRef":{"name":"web"}}}""", true)]
    [InlineData("""{"spec":{"targetRef":{"name":"x"},"service":{"name":"web"}}}""", true)]
    [InlineData("""{"spec":{"targetRef":{"name":"x"}}}""", false)]
    [InlineData("""{}""", false)]
    public void Canary_Reads_TheServicesOfItsTarget(string canary, bool reads) =>
        Assert.Equal(reads, DeliveryReaders.Canary(Object("shop", canary)).Reads(Web));

    [Theory]
    [InlineData("shop", """{"spec":{"serviceRef":{"name":"web","port":80},"targetType":"ip"}}""", true)]
    [InlineData("shop", """{"spec":{"serviceRef":{"name":"web","port":80}}}""", true)]
    [InlineData("shop", """{"spec":{"serviceRef":{"name":"web","port":80},"targetType":"instance"}}""", false)]
    [InlineData("shop", """{"spec":{"serviceRef":{"name":"api","port":80},"targetType":"ip"}}""", false)]
    [InlineData("other", """{"spec":{"serviceRef":{"name":"web","port":80},"targetType":"ip"}}""", false)]
    public void TargetGroupBinding_ByAddress_ReadsItsService(string ns, string binding, bool reads) =>
        Assert.Equal(reads, LoadBalancerReaders.TargetGroupBinding(Object(ns, binding)).Reads(Web));

    [Theory]
    [InlineData("shop", """{"spec":{"egress":[{"toServices":[{"k8sService":{"serviceName":"web","namespace":"shop"}}]}]}}""", true)]
    [InlineData("shop", """{"spec":{"egress":[{"toServices":[{"k8sService":{"serviceName":"web"}}]}]}}""", true)]
    [InlineData("other", """{"spec":{"egress":[{"toServices":[{"k8sService":{"serviceName":"web"}}]}]}}""", false)]
    [InlineData(
        "shop",
        """{"specs":[{"egressDeny":[{"toServices":[{"k8sServiceSelector":{"selector":{"matchLabels":{"tier":"front"}}}}]}]}]}""",
        true)]
    [InlineData(
        "",
        """{"spec":{"egress":[{"toServices":[{"k8sServiceSelector":{"selector":{"matchLabels":{"tier":"back"}}}}]}]}}""",
        false)]
    [InlineData("", """{"spec":{"egress":[{"toServices":[{"k8sService":{"serviceName":"web","namespace":"shop"}}]}]}}""", true)]
    [InlineData("shop", """{"spec":{"egress":[{"toEntities":["world"]}]}}""", false)]
    public void CiliumPolicy_ToServices_ReadsTheServicesThatItNames(string ns, string policy, bool reads) =>
        Assert.Equal(reads, NetworkPolicyReaders.Namespaced(Object(ns, policy)).Reads(Web));

    [Theory]
    [InlineData("shop", """{"spec":{"rules":[{"http":{"paths":[{"backend":{"service":{"name":"web"}}}]}}]}}""", true)]
    [InlineData("shop", """{"spec":{"defaultBackend":{"service":{"name":"web"}}}}""", true)]
    [InlineData("shop", """{"spec":{"rules":[{"http":{"paths":[{"backend":{"resource":{"name":"web"}}}]}}]}}""", false)]
    [InlineData("other", """{"spec":{"defaultBackend":{"service":{"name":"web"}}}}""", false)]
    public void Ingress_Names_AServiceAndMayCope(string ns, string ingress, bool reads)
    {
        var reader = RouteReaders.Ingress(Object(ns, ingress));
        Assert.Equal(reads, reader.Reads(Web));
        Assert.True(reader.MayCope);
    }

    [Theory]
    [InlineData("shop", """{"spec":{"rules":[{"backendRefs":[{"name":"web","port":80}]}]}}""", true)]
    [InlineData("edge", """{"spec":{"rules":[{"backendRefs":[{"name":"web","namespace":"shop","port":80}]}]}}""", true)]
    [InlineData("edge", """{"spec":{"rules":[{"backendRefs":[{"name":"web","port":80}]}]}}""", false)]
    [InlineData("shop", """{"spec":{"rules":[{"backendRefs":[{"group":"x.io","kind":"Pool","name":"web"}]}]}}""", false)]
    public void Route_OfAGateway_NamesAServiceAndMayCope(string ns, string route, bool reads)
    {
        var reader = RouteReaders.Gateway("HTTPRoute", Object(ns, route));
        Assert.Equal(reads, reader.Reads(Web));
        Assert.True(reader.MayCope);
    }

    /// <summary>One route may hang on two gateways; before its controller has seen it there is no status.</summary>
    [Theory]
    [InlineData("""{}""", "TLSRoute shop/o")]
    [InlineData(
        """{"status":{"parents":[{"controllerName":"b/x"},{"controllerName":"a/y"},{"controllerName":"b/x"}]}}""",
        "TLSRoute shop/o of a/y, b/x")]
    public void Route_OfAGateway_NamesItsControllers(string route, string expected) =>
        Assert.Equal(expected, RouteReaders.Gateway("TLSRoute", Object("shop", route)).Object);

    [Theory]
    [InlineData(ReaderAnnotations.PrometheusScrape, "true", "prometheus")]
    [InlineData(ReaderAnnotations.PrometheusScrape, "false", null)]
    [InlineData(ReaderAnnotations.GkeGroup, """{"ingress": true}""", "gke-neg")]
    [InlineData(ReaderAnnotations.GkeGroup, """{"exposed_ports": {"80":{}}}""", "gke-neg")]
    [InlineData(ReaderAnnotations.GkeGroup, """{"exposed_ports": {}}""", null)]
    [InlineData(ReaderAnnotations.GkeGroupStatus, """{"network_endpoint_groups":{"80":"k8s1"},"zones":["a"]}""", "gke-neg")]
    public void Annotation_OfAReader_IsFound(string annotation, string value, string? reader) => Assert.Equal(
        reader is null ? [] : [reader],
        AnnotationReaders.Of(Web with { ReaderAnnotations = new LabelSet([new(annotation, value)]) }).Select(found => found.Name));

    private static ForeignObject Object(string ns, string body) => new(ns, "o", JsonDocument.Parse(body).RootElement.Clone());
}
