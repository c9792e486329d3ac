using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using FsCheck;
using FsCheck.Fluent;

namespace Aviator.Tests.Kit.Slices;

/// <summary>A Service with its pods, a decision, and another membership and decision that stood before it.</summary>
internal sealed record World(ServiceShape Service, IReadOnlyList<PodShape> Pods, Decision Decision, IReadOnlyList<PodShape> PodsBefore,
    Decision DecisionBefore)
{
    public IReadOnlyList<EndpointSubset> Subsets => Membership.Resolve(Service, Pods, Zone);

    public IReadOnlyList<EndpointSubset> SubsetsBefore => Membership.Resolve(Service, PodsBefore, Zone);

    public static string? Zone(string node) => node == "n-nowhere" ? null : $"zone-{(int)node[^1] % 2}";

    public static Arbitrary<World> Any() => (
        from families in Gen.Elements<AddressFamily[]>([AddressFamily.IPv4], [AddressFamily.IPv6], [AddressFamily.IPv4, AddressFamily.IPv6])
        from local in Gen.Elements(false, false, true)
        from topology in Gen.Elements(TopologyMode.None, TopologyMode.None, TopologyMode.Zone)
        from ports in Gen.Choose(1, 2)
        let service = Web with
        {
            Families = families.ToValueList(),
            ExternalLocal = local,
            Topology = topology,
            Ports = Web.Ports.Take(ports).ToValueList(),
        }
        from count in Gen.Frequency((6, Gen.Choose(0, 6)), (1, Gen.Choose(95, 230)))
        from pods in Gen.ArrayOf(Pod, count)
        from before in Gen.ArrayOf(Gen.Choose(0, 3), count)
        from weights in Gen.ArrayOf(Gen.Elements(0.0, 0.0, 1.0), count)
        from weightsBefore in Gen.ArrayOf(Gen.Elements(0.0, 1.0), count)
        select Build(service, pods, before, weights, weightsBefore)).ToArbitrary();

    public static ServiceShape Web { get; } = new()
    {
        Namespace = "shop",
        Name = "web",
        Uid = "service-uid",
        ResourceVersion = "1",
        Selector = new LabelSet([KeyValuePair.Create("app", "web")]),
        Ports = [new("http", "TCP", 80, null, "http", null), new("metrics", "TCP", 9000, 9000, null, null)],
        Families = [AddressFamily.IPv4],
    };

    public static PodShape Ready(string name, int index = 1, string node = "n-0") => new()
    {
        Namespace = "shop",
        Name = name,
        Uid = $"uid-{name}",
        Labels = new LabelSet([KeyValuePair.Create("app", "web")]),
        Addresses = [$"10.0.{index / 250}.{index % 250}", $"fd00::{index:x}"],
        Ready = true,
        NodeName = node,
        Ports = [new("http", "TCP", 8080)],
    };

    public static Decision Decide(params (string Pod, double Weight)[] verdicts) => new(verdicts.ToDictionary(
        verdict => $"uid-{verdict.Pod}",
        verdict => new EndpointDecision($"uid-{verdict.Pod}", verdict.Weight,
            verdict.Weight > 0 ? EndpointState.Selected : EndpointState.Unselected, "test")
        {
            Breaker = verdict.Weight > 0 ? default
                : new((BreakerPhase)(verdict.Pod.Length % 3), verdict.Pod.Length % 3 == 0 ? 0 : verdict.Pod.Length),
        }));

    private static Gen<PodShape> Pod =>
        from ready in Gen.Elements(true, true, true, false)
        from terminating in Gen.Elements(false, false, false, false, true)
        from finished in Gen.Elements(false, false, false, false, false, true)
        from matching in Gen.Elements(true, true, true, true, false)
        from node in Gen.Elements("n-0", "n-1", "n-2", "n-nowhere")
        from port in Gen.Frequency((8, Gen.Constant(8080)), (1, Gen.Constant(8081)), (1, Gen.Constant(0)))
        select Ready("") with
        {
            Ready = ready,
            Terminating = terminating,
            Finished = finished,
            NodeName = node,
            Labels = matching ? Web.Selector : LabelSet.Empty,
            Ports = port == 0 ? [] : [new("http", "TCP", port)],
        };

    private static World Build(ServiceShape service, PodShape[] shapes, int[] before, double[] weights, double[] weightsBefore)
    {
        var pods = shapes.Select((pod, index) =>
            pod with { Name = $"web-{index}", Uid = $"uid-web-{index}", Addresses = Ready("", index + 1).Addresses }).ToList();

        // Before: some pods were not there, some were unready, some had their address under another UID.
        var earlier = pods.Select((pod, index) => before[index] switch
        {
            0 => null,
            1 => pod with { Ready = !pod.Ready },
            2 => pod with { Uid = pod.Uid + "-old" },
            _ => pod,
        }).OfType<PodShape>().ToList();
        return new World(
            service,
            pods,
            Decide([.. pods.Select((pod, index) => (pod.Name, weights[index]))]),
            earlier,
            Decide([.. pods.Select((pod, index) => (pod.Name, weightsBefore[index]))]));
    }
}
