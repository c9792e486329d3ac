using System.Text.Json.Nodes;
using Aviator.Agent.Interest;
using Aviator.Kubernetes;
using Aviator.Measurement;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Agent;

public sealed class ProjectionsTests
{
    [Fact]
    public void Policy_Complete_IsRead()
    {
        var policy = Policy("""{"targetRef":{"name":"web","port":8443},"targetPort":9090,"probe":{"path":"/ping?x=1"},"latencySource":"probe"}""");

        Assert.Equal(new PolicyView("shop", "web", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), "web", "8443", LatencySource.Probe, 9090, "/ping?x=1"), policy);
    }

    [Theory]
    [InlineData("""{"targetRef":{"name":"web"}}""")]
    [InlineData("""{"targetRef":{"name":"web"},"targetPort":0,"probe":{"path":"no-slash"},"latencySource":"telepathy"}""")]
    [InlineData("""{"targetRef":{"name":"web"},"targetPort":70000,"probe":{"path":"/a\r\nHost: evil"},"latencySource":7}""")]
    [InlineData("""{"targetRef":{"name":"web","port":{}},"targetPort":"x","probe":3}""")]
    public void Policy_FieldsMissingOrUnusable_TakeTheDefaults(string spec) =>
        Assert.Equal(("web", null, LatencySource.Ebpf, 8080, "/"), Policy(spec) is { } p ? (p.Service, p.ServicePort, p.Source, p.ProbePort, p.ProbePath) : default);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"targetRef":{}}""")]
    [InlineData("""{"targetRef":"web"}""")]
    [InlineData("[]")]
    public void Policy_NamesNoService_IsLeftOut(string spec) => Assert.Null(Policy(spec));

    [Fact]
    public void Service_UdpOnlyOrWithoutSelector_IsLeftOut()
    {
        Assert.Null(Service(new V1ServiceSpec { Selector = new Dictionary<string, string> { ["a"] = "b" }, Ports = [new V1ServicePort { Port = 53, Protocol = "UDP" }] }));
        Assert.Null(Service(new V1ServiceSpec { Ports = [new V1ServicePort { Port = 80 }] }));
    }

    [Fact]
    public void Service_TargetPortMissing_IsThePort()
    {
        var service = Service(new V1ServiceSpec
        {
            Selector = new Dictionary<string, string> { ["a"] = "b" },
            Ports = [new V1ServicePort { Port = 53, Protocol = "UDP" }, new V1ServicePort { Port = 80 }, new V1ServicePort { Name = "n", Port = 81, TargetPort = "named" }],
        });

        Assert.Equal([new ServicePortView(null, 80, "80"), new ServicePortView("n", 81, "named")], service!.Ports);
    }

    [Theory]
    [Trait("Catalogue", "18")]
    [InlineData("Running", "True", false, true)]
    [InlineData("Running", "False", false, false)]
    [InlineData("Running", null, false, false)]
    [InlineData("Running", "True", true, false)]
    public void Pod_ReadyConditionAndDeletion_DecideReadiness(string phase, string? condition, bool terminating, bool ready)
    {
        var pod = Pod(phase, "10.0.0.1");
        if (condition is not null) pod.Status.Conditions = [new V1PodCondition { Type = "Ready", Status = condition }];
        if (terminating) pod.Metadata.DeletionTimestamp = DateTime.UnixEpoch;

        Assert.Equal(ready, Project(pod)!.Ready);
    }

    [Fact]
    public void Pod_OverOrWithoutAddress_IsLeftOut()
    {
        Assert.Null(Project(Pod("Succeeded", "10.0.0.1")));
        Assert.Null(Project(Pod("Failed", "10.0.0.1")));
        Assert.Null(Project(Pod("Pending", null)));
    }

    [Fact]
    public void Pod_NamedPorts_ComeFromContainersAndSidecarsOfTcpOnly()
    {
        var pod = Pod("Running", "10.0.0.1");
        pod.Spec.Containers = [new V1Container { Name = "c", Ports = [new V1ContainerPort { Name = "web", ContainerPort = 1 }, new V1ContainerPort { Name = "dns", ContainerPort = 2, Protocol = "UDP" }] }];
        pod.Spec.InitContainers =
        [
            new V1Container { Name = "init", Ports = [new V1ContainerPort { Name = "once", ContainerPort = 3 }] },
            new V1Container { Name = "side", RestartPolicy = "Always", Ports = [new V1ContainerPort { Name = "side", ContainerPort = 4 }] },
        ];

        Assert.Equal(new Dictionary<string, int> { ["web"] = 1, ["side"] = 4 }, Project(pod)!.NamedPorts);
    }

    private static PolicyView? Policy(string spec) => Projections.Policy(new ResourceItem<JsonObject>(
        new ObjectKey("shop", "web"), "1", new JsonObject { ["metadata"] = new JsonObject { ["creationTimestamp"] = "2026-01-02T03:04:05Z" }, ["spec"] = JsonNode.Parse(spec) }));

    private static ServiceView? Service(V1ServiceSpec spec) => Projections.Service(new(new ObjectKey("shop", "web"), "1", new V1Service { Spec = spec }));

    private static PodView? Project(V1Pod pod) => Projections.Pod(new(new ObjectKey("shop", "web-1"), "1", pod));

    private static V1Pod Pod(string phase, string? address) => new()
    {
        Metadata = new V1ObjectMeta { Uid = "u", CreationTimestamp = DateTime.UnixEpoch },
        Spec = new V1PodSpec { Containers = [] },
        Status = new V1PodStatus { Phase = phase, PodIP = address },
    };
}
