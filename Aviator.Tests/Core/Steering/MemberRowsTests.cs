using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core.Steering;

/// <summary>The rows of a Service by its pods are those that Kubernetes' slices would have.</summary>
public sealed class MemberRowsTests
{
    private static readonly PodShape[] Pods = [World.Ready("a", 1, "n-0"), World.Ready("b", 2, "n-1")];

    [Property(MaxTest = 200)]
    public Property Of_AnyService_AreTheRowsOfTheDefaultSlices() => Prop.ForAll(World.Any(), world =>
        Places(MemberRows.Of(world.Service, world.Subsets))
            .SequenceEqual(Places(PortRow.Read(world.Service, DefaultSlices.Of(world.Service, world.Pods), _ => false))));

    [Fact]
    public void Of_PodThatIsUnreadyOrEnds_IsNone() => Assert.Equal(["10.0.0.1"],
        Rows(World.Web, Pods[0], Pods[1] with { Ready = false }, World.Ready("c", 3) with { Terminating = true })
            .Select(row => row.Endpoint.Address).Distinct());

    [Theory]
    [InlineData("None", "", "")]
    [InlineData("Zone", "zone-0 zone-1", "")]
    [InlineData("Node", "zone-0 zone-1", "n-0 n-1")]
    [Trait("Catalogue", "30")]
    public void Of_Topology_HasTheHintsThatKubernetesWouldGive(string topology, string zones, string nodes)
    {
        var rows = Rows(World.Web with { Topology = Enum.Parse<TopologyMode>(topology), Ports = [World.Web.Ports[0]] }, Pods);
        Assert.Equal(zones, string.Join(' ', rows.SelectMany(row => row.Endpoint.HintZones)));
        Assert.Equal(nodes, string.Join(' ', rows.SelectMany(row => row.Endpoint.HintNodes)));
    }

    private static IReadOnlyList<PortRow> Rows(ServiceShape service, params PodShape[] pods) =>
        MemberRows.Of(service, Membership.Resolve(service, pods, World.Zone));

    private static IEnumerable<(AddressFamily Family, int Port, int Number, string Key, string Address, string? Node)> Places(
        IEnumerable<PortRow> rows) =>
        rows.Select(row => (row.Family, row.Port.Port, row.Number, row.Key, row.Endpoint.Address, row.Endpoint.NodeName));
}
