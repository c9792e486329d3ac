using Aviator.Controller.Cluster;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Tests.Kit;
using Aviator.Tests.Kit.Slices;
using Aviator.Tests.Unit.Kubernetes.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Gateways;

/// <summary>
/// What a gateway sends to, by its own rule, from the slices that the controller publishes. No gateway runs here: a rule is what its source
/// says, and docs/gateways.md says so.
/// </summary>
public sealed class GatewayRuleTests
{
    private const string Port = "http";

    private static readonly Decision OnlyA = World.Decide(("a", 1), ("b", 0), ("c", 0));
    private static readonly string[] Selection = ["10.0.0.1:8080"];
    private static readonly string[] Everyone = ["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"];

    public static TheoryData<string> Gateways() => [.. GatewayRules.All.Select(rule => rule.Gateway)];

    [Theory]
    [MemberData(nameof(Gateways))]
    public void Service_TakenOverAndHandedBack_IsNeverEmptyAndAlwaysTheSelection(string gateway)
    {
        var seen = new Sightings(Find(gateway), "web");
        var cluster = WithPodsThatTakeNothing().DefaultControllerActs();

        seen.Follow(cluster, SteeringPhase.Steered, OnlyA);
        seen.Follow(cluster, SteeringPhase.Released, null);

        Assert.Equal([Everyone, Selection, Everyone], seen.InOrder);
    }

    [Theory]
    [MemberData(nameof(Gateways))]
    public void Twin_FromItsFirstMomentToTheHandingBack_IsNeverEmptyAndAlwaysTheSelection(string gateway)
    {
        var seen = new Sightings(Find(gateway), "web-aviator");
        var cluster = WithPodsThatTakeNothing();
        var web = cluster.Service!;
        cluster.Service = web.AsTwin(null);
        cluster.Step(OnlyA);
        cluster.Service = web.AsTwin(web with
        {
            Name = "web-aviator",
            Uid = "twin-uid",
            Labels = TwinNames.LabelsOf("web"),
            Selector = LabelSet.Empty,
            OwnedBy = web.Uid,
        });

        seen.Follow(cluster, SteeringPhase.Steered, OnlyA);
        seen.Follow(cluster, SteeringPhase.Released, null);

        Assert.Equal([Selection, Everyone], seen.InOrder);
    }

    /// <summary>The Service beside a twin, and one whose connects the nodes' kernels give to pods: Kubernetes' own slices.</summary>
    [Theory]
    [MemberData(nameof(Gateways))]
    public void Service_ThatIsNotSteeredBySlices_IsEveryReadyPod(string gateway) =>
        Assert.Equal(Everyone, Used(Find(gateway), WithPodsThatTakeNothing().DefaultControllerActs().Slices));

    /// <summary>Servers that drop these two conditions leave ready as the only word on a pod.</summary>
    [Theory]
    [MemberData(nameof(Gateways))]
    public void Service_OnAServerWithoutServingAndTerminating_IsTheSelectionByReady(string gateway)
    {
        var rule = Find(gateway);
        var cluster = WithPodsThatTakeNothing();
        cluster.Until(SteeringPhase.Steered, OnlyA);
        var stripped = cluster.Slices.Select(slice => slice with
        {
            Endpoints = slice.Endpoints.Select(row => row with { Serving = null, Terminating = null }).ToValueList(),
        });

        // By serving alone nothing can be told there; that gateway does the same without Aviator, where it takes unready pods.
        string[] expected = rule.Gateway.Contains("IngressRoute", StringComparison.Ordinal)
            ? [.. Everyone, "10.0.0.4:8080", "10.0.0.5:8080"]
            : Selection;
        Assert.Equal(expected, Used(rule, [.. stripped]));
    }

    /// <summary>Fail-open is the gateway's own affair then: it finds what it would find without Aviator.</summary>
    [Theory]
    [MemberData(nameof(Gateways))]
    public void Service_WithNoReadyPod_IsWhatItIsWithoutAviator(string gateway)
    {
        var cluster = WithPodsThatTakeNothing();
        cluster.Pods.RemoveAll(pod => pod is { Ready: true, Terminating: false });
        var without = Used(Find(gateway), cluster.DefaultControllerActs().Slices);

        cluster.Until(SteeringPhase.Steered, OnlyA);

        Assert.Equal(without, Used(Find(gateway), cluster.Slices));
    }

    /// <summary>A program that reads Endpoints finds the pods of the selector as it stands.</summary>
    [Fact]
    public void ReaderOfEndpoints_WhileAServiceIsSteered_FindsNoPod()
    {
        var cluster = WithPodsThatTakeNothing().DefaultControllerActs();
        Assert.Equal(["a", "b", "c"], InEndpoints(cluster));

        cluster.Until(SteeringPhase.Steered, OnlyA);
        Assert.Empty(InEndpoints(cluster));
        cluster.Until(SteeringPhase.Released, null);
        Assert.Equal(["a", "b", "c"], InEndpoints(cluster));
    }

    [Fact]
    public void Document_OfGateways_HasEachRule()
    {
        var text = File.ReadAllText(Repository.File("docs/gateways.md"));
        Assert.All(GatewayRules.All, rule => Assert.Contains($"| {rule.Gateway} |", text, StringComparison.Ordinal));
    }

    private static GatewayRule Find(string gateway) => GatewayRules.All.Single(rule => rule.Gateway == gateway);

    /// <summary>Three ready pods, one unready, and one that is being deleted and still answers.</summary>
    private static SteeredCluster WithPodsThatTakeNothing()
    {
        var cluster = new SteeredCluster();
        cluster.Pods.Add(World.Ready("unready", 4) with { Ready = false });
        cluster.Pods.Add(World.Ready("leaving", 5) with { Terminating = true });
        return cluster;
    }

    private static IEnumerable<string> InEndpoints(SteeredCluster cluster) => cluster.Pods
        .Where(pod => pod is { Ready: true, Terminating: false } && cluster.Service!.Selector.Matches(pod.Labels))
        .Select(pod => pod.Name);

    private static IEnumerable<string> Used(GatewayRule rule, IReadOnlyList<Slice> slices, string service = "web") =>
        rule.EndpointsOf(OnTheWire(slices), service, Port).Order(StringComparer.Ordinal);

    private static IEnumerable<SliceWire> OnTheWire(IEnumerable<Slice> slices) =>
        slices.Select(slice => SliceMapper.Write(slice, SliceDialect.V1));

    /// <summary>What one gateway sees while steering goes its way, with no two sightings alike in a row.</summary>
    private sealed class Sightings(GatewayRule rule, string service)
    {
        public List<IReadOnlyList<string>> InOrder { get; } = [];

        /// <summary>Looks before and after each of the machine's steps, and after Kubernetes has followed.</summary>
        public void Follow(SteeredCluster cluster, SteeringPhase phase, Decision? decision)
        {
            for (var look = 0; look < 100; look++)
            {
                Look(cluster);
                var step = cluster.Step(decision);
                Look(cluster);
                if (step.Phase == phase && step.Writes.Count == 0 && step.Selector == SelectorChange.None) return;
                cluster.DefaultControllerActs();
                cluster.Now += step.LookAgainAfter ?? TimeSpan.FromSeconds(1);
            }

            Assert.Fail($"{phase} was not reached");
        }

        private void Look(SteeredCluster cluster)
        {
            AssertSlicesAgree(cluster);
            var used = Used(rule, cluster.Slices, service).ToList();
            if (InOrder.Count == 0 || !InOrder[^1].SequenceEqual(used)) InOrder.Add(used);
        }

        /// <summary>
        /// A pod that is in two slices at once has one verdict: some gateways keep the first that they find, in no order that one could
        /// know, and some keep both.
        /// </summary>
        private void AssertSlicesAgree(SteeredCluster cluster) => Assert.All(
            OnTheWire(cluster.Slices).SelectMany(slice => slice.Endpoints!).GroupBy(row => row.Addresses![0]),
            pod => Assert.Single(pod.Select(row => rule.Takes(row.Conditions!)).Distinct()));
    }
}
