using System.Net;
using Aviator.Agent.Steering;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

public sealed class OrderReaderTests
{
    private static readonly KernelEndpoint Pod = Orders.Endpoints("10.1.0.1")[0];

    public static TheoryData<string, SteeringOrder> Wrong { get; } = new()
    {
        { "formatVersion", Good() with { FormatVersion = 2 } },
        { "node", Good() with { Node = "node-2" } },
        { "services", Good() with { Services = [.. Enumerable.Repeat(Web(), SteeringLimits.Services + 1)] } },
        { "services[0]", Good() with { Services = [null!] } },
        { "services[1]", Good() with { Services = [Web(), Web()] } },
        { "services[1]", Good() with { Services = [Web(), Web() with { Name = "other" }] } },
        { "services[0].namespace", With(service => service with { Namespace = "" }) },
        { "services[0].name", With(service => service with { Name = "" }) },
        { "services[0].clusterIps", With(service => service with { ClusterIps = [] }) },
        { "services[0].clusterIps", With(service => service with { ClusterIps = ["10.96.0.10", "10.96.0.11"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = ["None"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = ["10.96.10"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = ["::ffff:10.96.0.10"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = ["0.0.0.0"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = ["224.0.0.1"] }) },
        { "services[0].clusterIps[0]", With(service => service with { ClusterIps = [null!] }) },
        { "services[0].failOpenAfterSeconds", With(service => service with { FailOpenAfterSeconds = 0 }) },
        { "services[0].failOpenAfterSeconds", With(service => service with { FailOpenAfterSeconds = double.NaN }) },
        { "services[0].failOpenAfterSeconds", With(service => service with { FailOpenAfterSeconds = double.PositiveInfinity }) },
        { "services[0].podSelector", With(service => service with { PodSelector = Labels() }) },
        { "services[0].podSelector[app]", With(service => service with { PodSelector = Labels(("app", null!)) }) },
        { "services[0].ports[0]", With(service => service with { Ports = [null!] }) },
        { "services[0]", With(service => service with { Ports = [Port(Pod), Port(Pod)] }) },
        { "services[0].ports[0].port", With(service => service with { Ports = [Port(Pod) with { Port = 0 }] }) },
        { "services[0].ports[0].port", With(service => service with { Ports = [Port(Pod) with { Port = 65536 }] }) },
        { "services[0].ports[0].endpoints", To([.. Enumerable.Repeat(Pod, SteeringLimits.Endpoints + 1)]) },
        { "services[0].ports[0].endpoints[0]", To([null!]) },
        { "services[0].ports[0].endpoints[1]", To(Pod, Pod) },
        { "services[0].ports[0].endpoints[0].address", To(Pod with { Address = "pod-1" }) },
        { "services[0].ports[0].endpoints[0].address", To(Pod with { Address = "FD00::1" }) },
        { "services[0].ports[0].endpoints[0].address", To(Pod with { Address = "fd00::1" }) },
        { "services[0].ports[0].endpoints[0].address", To(Pod with { Address = "255.255.255.255" }) },
        { "services[0].ports[0].endpoints[0].port", To(Pod with { Port = -1 }) },
        { "services[0].ports[0].endpoints[0].weight", To(Pod with { Weight = double.NaN }) },
        { "services[0].ports[0].endpoints[0].weight", To(Pod with { Weight = -0.001 }) },
        { "services[0].ports[0].endpoints[0].weight", To(Pod with { Weight = 1.001 }) },
        { "services[0].ports[0].endpoints[0].inFlight", To(Pod with { InFlight = -1 }) },
    };

    [Fact]
    public void Read_PodSelector_ArrivesOrIsNull()
    {
        Assert.Null(OrderReader.Read(Good(), "node-1").Services[0].PodSelector);
        var read = OrderReader.Read(With(service => service with { PodSelector = Labels(("app", "web")) }), "node-1");
        Assert.Equal(Labels(("app", "web")), read.Services[0].PodSelector);
    }

    [Theory, MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void Read_WrongField_IsRefusedByItsName(string field, SteeringOrder order)
    {
        var refusal = Assert.Throws<OrderRefusedException>(() => OrderReader.Read(order, "node-1"));
        Assert.Equal((400, field), (refusal.Status, refusal.Field));
        Assert.StartsWith($"{field} ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BothFamilies_GivesEachClusterIpTheEndpointsOfItsFamily()
    {
        var order = OrderReader.Read(With(service => service with
        {
            ClusterIps = ["10.96.0.10", "fd00:96::a"],
            FailOpenAfterSeconds = 2.5,
            Ports =
            [
                Port(Pod with { Weight = 0.25, InFlight = 3, Canary = true }, Pod with { Address = "fd00::1" }),
                Port() with { Port = 443 },
            ],
        }), "node-1");

        var service = Assert.Single(order.Services);
        Assert.Equal((new ObjectKey("shop", "web"), TimeSpan.FromSeconds(2.5)), (service.Key, service.FailOpenAfter));
        Assert.Equal(TimeSpan.FromSeconds(2.5), order.LongestFailOpen);
        Assert.Equal(["10.96.0.10:80", "[fd00:96::a]:80", "10.96.0.10:443", "[fd00:96::a]:443"],
            service.Addresses.Select(row => new IPEndPoint(row.Address, row.Port).ToString()));
        Assert.Equal([new ConnectEndpoint(IPAddress.Parse("10.1.0.1"), 8080, 0.25, 3, Canary: true)], service.Addresses[0].Endpoints);
        Assert.Equal([new ConnectEndpoint(IPAddress.Parse("fd00::1"), 8080, 1, 0)], service.Addresses[1].Endpoints);
        Assert.Empty(service.Addresses[2].Endpoints);
    }

    private static SteeringOrder Good() => Orders.Of(1, "10.1.0.1");

    private static KernelService Web() => Orders.Web([Pod]);

    private static KernelPort Port(params KernelEndpoint[] endpoints) => new() { Port = 80, Endpoints = endpoints };

    private static SteeringOrder With(Func<KernelService, KernelService> change) => Good() with { Services = [change(Web())] };

    private static SteeringOrder To(params KernelEndpoint[] endpoints) => With(service => service with { Ports = [Port(endpoints)] });

    private static Dictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        labels.ToDictionary(label => label.Key, label => label.Value);
}
