using System.Text.Json.Nodes;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>What the status says of the nodes: never steered while no node is seen to.</summary>
public sealed class KernelStatusTests
{
    private static readonly ConditionValue Yes = new(true, "Accepted", "Yes.");
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly PolicySummary Summary = new()
    {
        Total = 4,
        Active = 2,
        Ejected = 0,
        Average = TimeSpan.FromMilliseconds(10),
        P99 = TimeSpan.FromMilliseconds(20),
        Coverage = 1,
        Degraded = new(false, "Decided", "The decision rests on measurements."),
        InsufficientTraffic = new(false, "Enough", "There is."),
        Rows = [],
    };

    [Fact]
    public void Build_NodesSteer_SaysHowMany_AndNamesThoseThatDoNot()
    {
        var status = Status(new(2, 0, Nodes(7), 0.98765));

        Assert.Equal((2, 7, 0.988), (status.Kernel!.SteeringNodes, status.Kernel.PassingNodes, status.Kernel.SteeredShare));
        Assert.Equal(["n-0", "n-1", "n-2", "n-3", "n-4"], status.Kernel.Passing.Select(node => node.Node));
        Assert.Equal((2, 4), (status.ActivePods, status.TotalPods));
        var steering = status.Condition("Steering")!;
        Assert.Equal(("True", "Kernel"), (steering.Status, steering.Reason));
        Assert.Contains("2 nodes give new connections", steering.Message, StringComparison.Ordinal);
        Assert.Contains("n-4: no hooks; and 2 more", steering.Message, StringComparison.Ordinal);
        Assert.Equal("True", status.Condition("Ready")!.Status);
    }

    [Fact]
    public void Build_NodesThatKeepIdleConnections_AreNamedWithTheReason()
    {
        var status = Status(new(2, 0, [], 1) { Keeping = Nodes(1) });

        Assert.EndsWith("Idle connections stay open on 1: n-0: no hooks.", status.Condition("Steering")!.Message, StringComparison.Ordinal);
        Assert.Equal("True", status.Condition("Ready")!.Status);
    }

    [Fact]
    public void Build_NoNodeSteers_IsNotReady_AndEveryPodIsActive()
    {
        var status = Status(new(0, 0, Nodes(1), 0));
        Assert.Equal((4, 4), (status.ActivePods, status.TotalPods));
        foreach (var type in (string[])["Steering", "Ready"])
            Assert.Equal(("False", "NoNodeSteers"), (status.Condition(type)!.Status, status.Condition(type)!.Reason));
        Assert.Contains("n-0: no hooks", status.Condition("Ready")!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_NoAgentOrNoneHeardOf_IsNotReady()
    {
        Assert.Contains("install the agents", Status(new(0, 0, [], null)).Condition("Ready")!.Message, StringComparison.Ordinal);
        var waiting = Status(new(0, 1, Nodes(1), null)).Condition("Ready")!;
        Assert.Equal(("Unknown", "WaitingForNodes"), (waiting.Status, waiting.Reason));
    }

    [Fact]
    public void Build_BesideSlices_SaysBoth()
    {
        var status = Status(new(2, 0, Nodes(1), 0.5) { SlicesCarry = true, Keeping = Nodes(1) });
        var steering = status.Condition("Steering")!;
        Assert.Equal(("True", "KernelAndService"), (steering.Status, steering.Reason));
        Assert.Equal(
            "Own slices carry the selection, and 2 nodes give new connections to the selection. kube-proxy chooses from the slices on 1: "
            + "n-0: no hooks. Idle connections stay open on 1: n-0: no hooks.", steering.Message);
        Assert.Equal((2, 1, 0.5), (status.Kernel!.SteeringNodes, status.Kernel.PassingNodes, status.Kernel.SteeredShare));
        Assert.Equal("True", status.Condition("Ready")!.Status);
    }

    /// <summary>The slices steer whatever the nodes do, so the policy is ready and only the selection is active.</summary>
    [Theory]
    [InlineData(0, 0, "install the agents")]
    [InlineData(1, 0, "No node has answered yet")]
    [InlineData(0, 1, "No node's kernel steers, so kube-proxy chooses alone: n-0: no hooks.")]
    public void Build_BesideSlices_NoNodeSteers_IsReadyAllTheSame(int waiting, int passing, string message)
    {
        var status = Status(new(0, waiting, Nodes(passing), null) { SlicesCarry = true });
        Assert.Equal((2, 4), (status.ActivePods, status.TotalPods));
        Assert.Equal(("True", "Steered"), (status.Condition("Steering")!.Status, status.Condition("Steering")!.Reason));
        Assert.Contains(message, status.Condition("Steering")!.Message, StringComparison.Ordinal);
        Assert.Equal("True", status.Condition("Ready")!.Status);
    }

    [Theory]
    [InlineData("Emptying", "Waiting for web-x. Meanwhile 1 node gives new connections to the selection.")]
    [InlineData("Contested", "Waiting for web-x. Meanwhile 1 node gives new connections to the selection. Let the tool that applies this "
        + "Service leave its selector alone, or use spec.routing: Kernel or Shadow.")]
    public void Build_SlicesDoNotCarryYet_IsNotSteered_AndSaysWhatTheNodesDo(string phase, string message)
    {
        var status = Status(new(1, 0, [], 1), Enum.Parse<SteeringPhase>(phase), "waiting for web-x");
        var steering = status.Condition("Steering")!;
        Assert.Equal(("False", phase, message), (steering.Status, steering.Reason, steering.Message));
        Assert.Equal((2, 1), (status.ActivePods, status.Kernel!.SteeringNodes));
    }

    [Fact]
    public void Build_OtherRouting_SaysNothingOfNodes()
    {
        var conditions = Conditions.Serving(Yes, PolicyMode.Enforce, new(SteeringPhase.Steered, "", 0, null), Summary);
        var status = StatusBuilder.Build(null, 1, conditions, Summary, LatencySource.Ebpf, Noon);
        Assert.Null(status.Kernel);
        Assert.Equal(2, status.ActivePods);
        var patch = StatusPatch.Create(status, "1")["status"]!.AsObject();
        Assert.True(patch.TryGetPropertyValue("kernel", out var removed) && removed is null);
    }

    /// <summary>A merge patch keeps what an inner object does not name: a share that is unknown now must be named as null.</summary>
    [Fact]
    public void Patch_ShareThatIsUnknown_IsRemoved()
    {
        var kernel = StatusPatch.Create(Status(new(1, 0, [], null)), "1")["status"]!["kernel"]!.AsObject();
        Assert.True(kernel.TryGetPropertyValue("steeredShare", out var share) && share is null);
        Assert.True(JsonNode.DeepEquals(new JsonArray(), kernel["passing"]));
    }

    [Fact]
    public void Compare_OneNodeOfMany_IsDrift_AndTheLastOneADecision()
    {
        var written = Status(new(2, 0, [], 1));
        Assert.Equal(StatusChange.None, StatusDiff.Compare(written, Status(new(2, 0, [], 0.95))));
        Assert.Equal(StatusChange.Drift, StatusDiff.Compare(written, Status(new(2, 0, [], 0.5))));
        Assert.Equal(StatusChange.Drift, StatusDiff.Compare(written, Status(new(1, 0, Nodes(1), 1))));
        Assert.Equal(StatusChange.Decision, StatusDiff.Compare(written, Status(new(0, 0, Nodes(2), 1))));
    }

    private static AviatorPolicyStatus Status(
        KernelStanding standing, SteeringPhase phase = SteeringPhase.Steered, string message = "")
    {
        var state = new DatapathState(phase, message, 0, null) { Kernel = standing };
        var conditions = Conditions.Serving(Yes, PolicyMode.Enforce, state, Summary);
        return StatusBuilder.Build(null, 1, conditions, Summary, LatencySource.Ebpf, Noon, standing);
    }

    private static PassingNode[] Nodes(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new PassingNode { Node = $"n-{i}", Reason = "no hooks." })];
}
