using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>How a Service stands by what its nodes' agents said.</summary>
public sealed class SteeringAnswersTests
{
    private static readonly ObjectKey Web = new("shop", "web");
    private static readonly KernelTerms Terms = new(TimeSpan.FromSeconds(5));
    private readonly FakeTimeProvider _time = new();
    private readonly SteeringAnswers _answers;

    private string[] _nodes = [];

    public SteeringAnswersTests() => _answers = new(_time, () => _nodes);

    [Fact]
    public void Of_NodeNotHeardOf_IsWaitedFor_AndSteersNothing()
    {
        _answers.Expect("agent-1", "n-1");
        var standing = _answers.Of(Web, Terms);
        Assert.Equal((0, 1, false), (standing.Steering, standing.Waiting, standing.IsSteered));
        Assert.Empty(standing.Passing);
    }

    [Fact]
    public void Of_AnswerThatTheKernelDoesNot_IsPassingWithItsReason()
    {
        _answers.Answered("agent-1", Answer("n-1", steering: false, "the kernel is too old"));
        var passing = Assert.Single(_answers.Of(Web, Terms).Passing);
        Assert.Equal(("n-1", "the kernel is too old"), (passing.Node, passing.Reason));
    }

    /// <summary>The node goes by the age of its last order, so what it does is known without another word from it.</summary>
    [Fact]
    public void Of_AgentThatFails_SteersUntilItsOrderIsTooOld()
    {
        _answers.Answered("agent-1", Answer("n-1"));
        _answers.Failed("agent-1", "n-1", "it did not answer");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, _answers.Of(Web, Terms).Steering);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("it did not answer", Assert.Single(_answers.Of(Web, Terms).Passing).Reason);
    }

    [Fact]
    public void Of_NodesWithoutAnAgent_AreNamed_OnceThereIsAnAgentAtAll()
    {
        _nodes = ["n-3", "n-1", "n-2"];
        Assert.Empty(_answers.Of(Web, Terms).Passing);

        _answers.Answered("agent-1", Answer("n-1"));
        var standing = _answers.Of(Web, Terms);
        Assert.Equal(1, standing.Steering);
        Assert.Equal(
            [("n-2", "no agent runs on it"), ("n-3", "no agent runs on it")], standing.Passing.Select(node => (node.Node, node.Reason)));
    }

    [Fact]
    public void Of_NodeThatClosesNoIdleConnection_IsNamed_WhereThePolicyAsksForIt()
    {
        _answers.Answered("agent-1", Answer("n-1") with { NotClosing = "it has no right to" });
        _answers.Answered("agent-2", Answer("n-2"));

        var standing = _answers.Of(Web, Terms with { CloseIdle = true });
        Assert.Equal([("n-1", "it has no right to")], standing.Keeping.Select(node => (node.Node, node.Reason)));
        Assert.Equal(2, standing.Steering);
        Assert.Empty(_answers.Of(Web, Terms).Keeping);
        Assert.False(standing.IsSame(_answers.Of(Web, Terms)));
    }

    [Fact]
    public void Of_Share_IsThatOfTheLastMinutes_OverAllNodes_AndSurvivesARestartedAgent()
    {
        _answers.Answered("agent-1", Answer("n-1", steered: 1000, passed: 9000));
        _answers.Answered("agent-2", Answer("n-2"));
        Assert.Null(_answers.Of(Web, Terms).SteeredShare);

        _answers.Answered("agent-1", Answer("n-1", steered: 1060, passed: 9020));
        _answers.Answered("agent-2", Answer("n-2", steered: 15, passed: 5));
        Assert.Equal(0.75, _answers.Of(Web, Terms).SteeredShare);

        _answers.Answered("agent-1", Answer("n-1", steered: 45, passed: 15));
        Assert.Equal(0.75, _answers.Of(Web, Terms).SteeredShare);
        Assert.Null(_answers.Of(new("shop", "other"), Terms).SteeredShare);
    }

    [Fact]
    public void Of_Share_ForgetsWhatIsLongAgo()
    {
        _answers.Answered("agent-1", Answer("n-1"));
        _answers.Answered("agent-1", Answer("n-1", passed: 100));
        for (var second = 0; second < 150; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _answers.Answered("agent-1", Answer("n-1", steered: second, passed: 100));
        }

        Assert.Equal(1, _answers.Of(Web, Terms).SteeredShare);
    }

    private static SteeringAnswer Answer(string node, bool steering = true, string reason = "", long steered = 0, long passed = 0) => new()
    {
        Node = node,
        Steering = steering,
        Reason = reason,
        Services = [new() { Namespace = "shop", Name = "web", Steered = steered, Passed = passed }],
    };
}
