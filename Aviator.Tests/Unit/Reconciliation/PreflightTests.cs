using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>What must not be steered, and who else reads a Service.</summary>
public sealed class PreflightTests
{
    private static readonly ServiceShape Web = new()
    {
        Namespace = "shop",
        Name = "web",
        Uid = "uid",
        ResourceVersion = "1",
        Labels = new LabelSet([new("app", "web"), new("tier", "front")]),
        Selector = new LabelSet([new("app", "web")]),
        Ports = [new ServicePort("http", "TCP", 80, 8080, null, null)],
        Families = [AddressFamily.IPv4],
    };

    [Fact]
    public void Refuse_EachKindThatCannotBeSteered_NamesWhy()
    {
        Assert.Null(ServiceKinds.Refuse(Web));
        Assert.Equal("ExternalName", ServiceKinds.Refuse(Web with { Type = "ExternalName" })?.Reason);
        Assert.Equal("Headless", ServiceKinds.Refuse(Web with { Headless = true })?.Reason);
        Assert.Equal("NoSelector", ServiceKinds.Refuse(Web with { Selector = LabelSet.Empty })?.Reason);
        Assert.Equal("PublishNotReadyAddresses", ServiceKinds.Refuse(Web with { PublishNotReadyAddresses = true })?.Reason);
        Assert.Equal("UnknownTopology", ServiceKinds.Refuse(Web with { Topology = TopologyMode.Unknown })?.Reason);
        Assert.Null(ServiceKinds.Refuse(Web with { Topology = TopologyMode.Auto }));
        var auto = ServiceKinds.RefuseForService(Web with { Topology = TopologyMode.Auto });
        Assert.Equal("UnknownTopology", auto?.Reason);
        Assert.Contains("spec.routing: Kernel or Shadow", auto!.Message, StringComparison.Ordinal);
        Assert.Null(ServiceKinds.RefuseForService(Web with { Topology = TopologyMode.Node }));
        Assert.Equal("NoTcpPort", ServiceKinds.Refuse(Web with { Ports = [new ServicePort("dns", "UDP", 53, 53, null, null)] })?.Reason);
    }

    [Fact, Trait("Catalogue", "2")]
    public void Refuse_OnlyTheSteeringKeyIsLeftOfTheSelector_IsStillNoSelector() =>
        Assert.Equal("NoSelector",
            ServiceKinds.Refuse(Web with { Selector = new LabelSet([new(ServiceShape.SteeredKey, "true")]) })?.Reason);

    [Theory]
    [InlineData(null, "Service dns has no TCP port", false)]
    [InlineData("dns", "spec.targetRef.port: port dns of Service dns is UDP, which is not measured; use one of its TCP ports: dns-tcp " +
        "(53), 9153.", true)]
    [InlineData("514", "spec.targetRef.port: port 514 of Service dns is UDP, which is not measured; use one of its TCP ports: dns-tcp " +
        "(53), 9153.", true)]
    [InlineData("http", "spec.targetRef.port: Service dns has no port http; use one of its TCP ports: dns-tcp (53), 9153.", true)]
    [InlineData("dns", "spec.targetRef.port: port dns of Service dns is UDP, which is not measured; it has no TCP port, and only TCP is " +
        "measured.", false)]
    public async Task Judge_PortThatIsNotMeasured_IsRefusedWithTheFieldAndTheFix(string? port, string message, bool hasTcp)
    {
        var verdict = await JudgeAsync(port,
            [new("dns", "UDP", 53, null, null, null), new("syslog", "UDP", 514, null, null, null), .. hasTcp ? TcpPorts : []]);

        Assert.Equal((false, "PortNotFound"), (verdict.Accepted.Holds, verdict.Accepted.Reason));
        Assert.StartsWith(message, verdict.Accepted.Message, StringComparison.Ordinal);
    }

    /// <summary>A number that UDP and TCP share means the TCP port, for both measure and decide by it.</summary>
    [Theory]
    [InlineData("53")]
    [InlineData("dns-tcp")]
    [InlineData(null)]
    public async Task Judge_TcpPortBesideUdp_IsAccepted(string? port) =>
        Assert.True((await JudgeAsync(port, [new("dns", "UDP", 53, null, null, null), .. TcpPorts])).Accepted.Holds);

    [Theory]
    [InlineData("headless", "Headless", "Give it a ClusterIP")]
    [InlineData("affinity", "SessionAffinity", "sessionAffinity: None")]
    [InlineData("unassigned", "NoClusterIP", "give it one")]
    [InlineData("other proxy", "OtherServiceProxy", "take the label away")]
    [InlineData("udp", "PortNotFound", "only TCP")]
    [InlineData("selectorless", "NoSelector", "no selector")]
    [InlineData("mesh", "ReaderFound", "Linkerd sidecar of pod web-1")]
    public async Task Judge_KernelAndAServiceThatNoKernelCanServe_IsRefusedWithTheFix(string kind, string reason, string fix)
    {
        var service = OfKernel(kind);
        var verdict = await JudgeKernelAsync(service, kind == "mesh" ? "Linkerd sidecar" : null, null);
        Assert.Equal((false, reason), (verdict.Accepted.Holds, verdict.Accepted.Reason));
        Assert.Contains(fix, verdict.Accepted.Message, StringComparison.Ordinal);
    }

    /// <summary>No API server answers here: who reads the selector or Endpoints is not even asked for.</summary>
    [Theory]
    [InlineData("plain", null)]
    [InlineData("mesh", "mesh")]
    public async Task Judge_KernelAndAnyReaderOfTheSelector_IsAccepted(string kind, string? allow)
    {
        var verdict = await JudgeKernelAsync(OfKernel(kind), kind == "mesh" ? "Istio sidecar" : null, allow);
        Assert.True(verdict.Accepted.Holds, verdict.Accepted.Message);
        Assert.Equal(kind == "mesh", verdict.Accepted.Message.Contains("Istio", StringComparison.Ordinal));
    }

    /// <summary>All that either refuses; the message recommends a routing that neither the kind nor a reader rules out.</summary>
    [Theory]
    [InlineData("headless", null, "Headless", "Give it a ClusterIP")]
    [InlineData("unassigned", "aws-load-balancer", "NoClusterIP", "give it one")]
    [InlineData("selectorless", null, "NoSelector", "no selector")]
    [InlineData("affinity", "aws-load-balancer", "SessionAffinity", "use spec.routing: Service, or set sessionAffinity: None")]
    [InlineData("affinity", null, "ReaderFound", "Use spec.routing: Shadow, or allow")]
    [InlineData("plain", null, "ReaderFound", "Use spec.routing: Kernel or Shadow, or allow")]
    [InlineData("mesh", "aws-load-balancer", "ReaderFound", "Use spec.routing: Shadow, or allow")]
    [InlineData("plain", "aws-load-balancer", null, "web-1")]
    public async Task CheckForBoth_WhatEitherWouldBreak_IsRefusedWithWhatIsLeft(string kind, string? allow, string? reason, string says)
    {
        using var client = new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" });
        var connection = new ApiConnection(client, TimeProvider.System);
        using var readers = new ReaderCatalog(connection, null, TimeProvider.System, NullLogger<ReaderCatalog>.Instance);
        var cluster = WithOnePod(connection, kind == "mesh" ? "Linkerd sidecar" : null);
        var service = OfKernel(kind);
        // Steered already, so that it is judged by what is seen although the readers cannot be listed.
        if (service.Selector.Count > 0)
            service = service with { Selector = new LabelSet([.. service.Selector.All, new(ServiceShape.SteeredKey, "true")]) };

        var result = await new Preflight(cluster, readers).CheckForBothAsync(service, allow, TestContext.Current.CancellationToken);

        Assert.Equal(reason, result.Obstacle?.Reason);
        Assert.Contains(says, result.Obstacle?.Message ?? result.Warning, StringComparison.Ordinal);
    }

    private static ServiceShape OfKernel(string kind)
    {
        var plain = Web with { ClusterIps = ["10.96.0.1"] };
        return kind switch
        {
            "headless" => plain with { Headless = true, ClusterIps = [] },
            "affinity" => plain with { SessionAffinity = true },
            "unassigned" => Web,
            "other proxy" => plain with { Labels = new LabelSet([new("service.kubernetes.io/service-proxy-name", "mine")]) },
            "udp" => plain with { Ports = [new ServicePort("dns", "UDP", 53, 53, null, null)] },
            "selectorless" => plain with { Selector = LabelSet.Empty },
            _ => plain,
        };
    }

    private static async Task<AcceptanceVerdict> JudgeKernelAsync(ServiceShape service, string? mesh, string? allow)
    {
        using var client = new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" });
        var connection = new ApiConnection(client, TimeProvider.System);
        var cluster = WithOnePod(connection, mesh);
        using var readers = new ReaderCatalog(connection, null, TimeProvider.System, NullLogger<ReaderCatalog>.Instance);
        var policy = new AviatorPolicy
        {
            Metadata = new()
            {
                NamespaceProperty = "shop",
                Name = "web",
                Annotations = allow is null ? null : new Dictionary<string, string> { [AviatorNames.AllowReadersAnnotation] = allow },
            },
            Spec = new() { Routing = "Kernel", TargetRef = new() { Name = "web" } },
        };
        var policies = new PolicyStore(connection, null, new(), TimeProvider.System, NullLogger<PolicyStore>.Instance);
        return await new Acceptance(new Preflight(cluster, readers), cluster, new(policies, cluster)).JudgeAsync(
            policy, SpecReader.Read(policy.Spec, out _)!, service, TestContext.Current.CancellationToken);
    }

    /// <summary>The pod has a readiness gate of the AWS load balancer.</summary>
    private static ClusterView WithOnePod(ApiConnection connection, string? mesh)
    {
        var cluster = new ClusterView(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        cluster.Pods.Upsert(new("shop", "web-1"), new(
            new()
            {
                Namespace = "shop",
                Name = "web-1",
                Uid = "u",
                Labels = Web.Selector,
                Addresses = ["10.0.0.1"],
                Ready = true,
            },
            mesh,
            ["target-health.elbv2.k8s.aws/x"]));
        return cluster;
    }

    private static ServicePort[] TcpPorts => [new("dns-tcp", "TCP", 53, null, null, null), new("", "TCP", 9153, null, null, null)];

    private static async Task<AcceptanceVerdict> JudgeAsync(string? port, ServicePort[] ports)
    {
        using var client = new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" });
        var connection = new ApiConnection(client, TimeProvider.System);
        var cluster = new ClusterView(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        using var readers = new ReaderCatalog(connection, null, TimeProvider.System, NullLogger<ReaderCatalog>.Instance);
        var policy = new AviatorPolicy
        {
            Metadata = new() { NamespaceProperty = "shop", Name = "dns" },
            Spec = new() { Mode = "Observe", TargetRef = new() { Name = "dns", Port = port } },
        };
        var policies = new PolicyStore(connection, null, new(), TimeProvider.System, NullLogger<PolicyStore>.Instance);
        return await new Acceptance(new Preflight(cluster, readers), cluster, new(policies, cluster)).JudgeAsync(
            policy, SpecReader.Read(policy.Spec, out _)!, Web with { Name = "dns", Ports = ports.ToValueList() },
                TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Warn_SessionAffinity_IsToldNotRefused()
    {
        Assert.Null(ServiceKinds.Warn(Web));
        Assert.Contains("pins", ServiceKinds.Warn(Web with { SessionAffinity = true }), StringComparison.Ordinal);
        Assert.Null(ServiceKinds.Refuse(Web with { SessionAffinity = true }));
    }
}
