using System.Net.Sockets;
using System.Text.Json.Nodes;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class ProjectionsTests
{
    [Fact]
    public void Policy_Complete_IsRead()
    {
        var policy = Policy(
            """{"targetRef":{"name":"web","port":8443},"targetPort":9090,"probe":{"path":"/ping?x=1"},"latencySource":"probe"}""");

        Assert.Equal(new PolicyView("shop", "web", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), "web", "8443",
            LatencySource.Probe, 9090, "/ping?x=1"), policy);
    }

    [Theory]
    [InlineData("""{"targetRef":{"name":"web"}}""")]
    [InlineData("""{"targetRef":{"name":"web"},"targetPort":0,"probe":{"path":"no-slash"},"latencySource":"telepathy"}""")]
    [InlineData("""{"targetRef":{"name":"web"},"targetPort":70000,"probe":{"path":"/a\r\nHost: evil"},"latencySource":7}""")]
    [InlineData("""{"targetRef":{"name":"web","port":{}},"targetPort":"x","probe":3}""")]
    public void Policy_FieldsMissingOrUnusable_TakeTheDefaults(string spec) =>
        Assert.Equal(("web", null, LatencySource.Ebpf, null, "/"),
            Policy(spec) is { } p ? (p.Service, p.ServicePort, p.Source, p.ProbePort, p.ProbePath) : default);

    [Theory]
    [InlineData("""{"type":"vLLM"}""", InferenceEngine.VLLM, null, "/metrics")]
    [InlineData("""{"type":"TensorRTLLM"}""", InferenceEngine.TensorRTLLM, null, "/prometheus/metrics")]
    [InlineData("""{"type":"Triton"}""", InferenceEngine.Triton, 8002, "/metrics")]
    [InlineData("""{"type":"Triton","port":9000,"path":"/m?a=b"}""", InferenceEngine.Triton, 9000, "/m?a=b")]
    public void Policy_WithAnEngine_HasItsPortAndPath(string engine, InferenceEngine type, int? port, string path) =>
        Assert.Equal(new EngineView(type, port, path), Policy($$"""{"targetRef":{"name":"web"},"engine":{{engine}}}""")!.Engine);

    /// <summary>A newer version's engine, or a broken one, is not asked; nothing else of the policy suffers.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("3")]
    [InlineData("{}")]
    [InlineData("""{"type":"TGI"}""")]
    [InlineData("""{"type":"vLLM","port":70000}""")]
    [InlineData("""{"type":"vLLM","port":"metrics"}""")]
    [InlineData("""{"type":"vLLM","path":"/a\r\nHost: evil"}""")]
    public void Policy_WithAnEngineThatCannotBeAsked_HasNone(string engine) =>
        Assert.Equal(
            ("web", null), Policy($$"""{"targetRef":{"name":"web"},"engine":{{engine}}}""") is { } p ? (p.Service, p.Engine) : default);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"targetRef":{}}""")]
    [InlineData("""{"targetRef":"web"}""")]
    [InlineData("[]")]
    public void Policy_NamesNoService_IsLeftOut(string spec) => Assert.Null(Policy(spec));

    [Theory]
    [InlineData("""{"selector":{"a":"b"},"ports":[{"port":53,"protocol":"UDP"}]}""")]
    [InlineData("""{"ports":[{"port":80}]}""")]
    [InlineData("""{"selector":{},"ports":[{"port":80}]}""")]
    [InlineData("""{"type":"ExternalName","externalName":"elsewhere"}""")]
    [InlineData("{}")]
    public void Service_UdpOnlyOrWithoutSelector_IsLeftOut(string spec) => Assert.Null(Service(spec));

    [Fact]
    public void Service_Complete_IsRead()
    {
        var service = Service("""
            {"selector":{"app":"web"},"ipFamilies":["IPv6","IPv4"],
             "ports":[{"port":53,"protocol":"UDP"},{"port":80,"protocol":"TCP"},{"name":"n","port":81,"targetPort":"named"},
              {"name":"m","port":82,"targetPort":8082}]}
            """);

        Assert.Equal([new ServicePortView(null, 80, "80"), new ServicePortView("n", 81, "named"), new ServicePortView("m", 82, "8082")],
            service!.Ports);
        Assert.Equal([AddressFamily.InterNetworkV6, AddressFamily.InterNetwork], service.Families);
        Assert.Equal("web", service.Selector["app"]);
    }

    [Theory]
    [Trait("Catalogue", "18")]
    [InlineData("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}""", false, true)]
    [InlineData("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}""", true, false)]
    [InlineData("""{"phase":"Running","conditions":[{"type":"Ready","status":"False"},{"type":"Initialized","status":"True"}]}""", false,
        false)]
    [InlineData("""{"phase":"Running"}""", false, false)]
    public void Pod_ReadyConditionAndDeletion_DecideReadiness(string status, bool terminating, bool ready)
    {
        var pod = Resource("{}", status);
        pod["status"]!["podIP"] = "10.0.0.1";
        if (terminating) pod["metadata"]!["deletionTimestamp"] = "2026-01-02T03:04:05Z";

        Assert.Equal(ready, Pod(pod)!.Ready);
    }

    [Theory]
    [InlineData("""{"phase":"Succeeded","podIP":"10.0.0.1"}""")]
    [InlineData("""{"phase":"Failed","podIP":"10.0.0.1"}""")]
    [InlineData("""{"phase":"Pending"}""")]
    [InlineData("""{"phase":"Running","podIP":"x"}""")]
    public void Pod_OverOrWithoutAddress_IsLeftOut(string status) => Assert.Null(Pod(Resource("{}", status)));

    [Fact]
    public void Pod_Complete_IsRead()
    {
        var pod = Pod(Resource(
            """
            {"hostNetwork":true,
             "containers":[{"ports":[{"name":"web","containerPort":1},{"name":"dns","containerPort":2,"protocol":"UDP"},
              {"containerPort":5}]},{}],
             "initContainers":[{"ports":[{"name":"once","containerPort":3}]},
              {"restartPolicy":"Always","ports":[{"name":"side","containerPort":4}]}]}
            """,
            """{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}]}"""))!;

        Assert.Equal(("u", "shop", "web-1", true), (pod.Uid, pod.Namespace, pod.Name, pod.HostNetwork));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), pod.CreatedAt);
        Assert.Equal(["10.0.0.1", "fd00::1"], pod.Addresses.Select(address => address.ToString()));
        Assert.Equal("web", pod.Labels["app"]);
        Assert.Equal(new Dictionary<string, int> { ["web"] = 1, ["side"] = 4 }, pod.NamedPorts);
    }

    /// <summary>By a container that runs beside the others, or by what the mesh wrote on the pod.</summary>
    [Theory]
    [InlineData("""{"containers":[{"name":"app"},{"name":"istio-proxy"}]}""", null, "Istio sidecar")]
    [InlineData("""{"initContainers":[{"name":"linkerd-proxy","restartPolicy":"Always"}]}""", null, "Linkerd sidecar")]
    [InlineData("""{"containers":[{"name":"app"}]}""", "ambient.istio.io/redirection", null)]
    [InlineData("""{"initContainers":[{"name":"istio-proxy"}],"containers":[{"name":"app"}]}""", "kubectl.kubernetes.io/restartedAt", null)]
    public void Pod_OfAMesh_IsKnown(string spec, string? annotation, string? mesh)
    {
        var pod = Resource(spec, """{"podIP":"10.0.0.1"}""");
        if (annotation is not null) pod["metadata"]!["annotations"] = new JsonObject { [annotation] = "enabled" };
        Assert.Equal(mesh, Pod(pod)!.Mesh);
    }

    private static PolicyView? Policy(string spec) => Projections.Policy(new(new ObjectKey("shop", "web"), "1", Resource(spec, "{}")));

    private static ServiceView? Service(string spec) => Projections.Service(new(new ObjectKey("shop", "web"), "1", Resource(spec, "{}")));

    private static PodView? Pod(JsonObject pod) => Projections.Pod(new(new ObjectKey("shop", "web-1"), "1", pod));

    private static JsonObject Resource(string spec, string status) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["uid"] = "u",
            ["creationTimestamp"] = "2026-01-02T03:04:05Z",
            ["labels"] = new JsonObject { ["app"] = "web" }
        },
        ["spec"] = JsonNode.Parse(spec),
        ["status"] = JsonNode.Parse(status),
    };
}
