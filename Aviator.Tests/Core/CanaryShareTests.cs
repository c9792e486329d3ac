using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>A version that gets a share of the traffic of its own.</summary>
public sealed class CanaryShareTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly PolicySettings Plain = new() { CarriesWeights = true, Selection = new() { Mode = SelectionModes.Adaptive } };

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Canary_OfSomePods_HasItsShareOfAllWeights(double share)
    {
        var decision = Run(share, [Pod("a"), Pod("b"), Pod("c"), Pod("v2-a", canary: true), Pod("v2-b", canary: true)]).Decision;

        Assert.Equal(share, ShareOf(decision, "v2-a", "v2-b"), 9);
        Assert.Equal(decision.WeightOf("v2-a"), decision.WeightOf("v2-b"));
        Assert.Equal(1, decision.Endpoints.Values.Max(verdict => verdict.Weight), 9);
        Assert.Equal(["v2-a", "v2-b"], decision.Endpoints.Keys.Where(decision.IsCanary).Order());
    }

    [Fact]
    public void Canary_AtZero_GetsNothing_AndAtAHundred_TheOthersDo()
    {
        EndpointObservation[] pods = [Pod("a"), Pod("b"), Pod("v2", canary: true)];

        var none = Run(0, pods);
        Assert.Equal((0, EndpointState.Unselected), (none.Decision.WeightOf("v2"), none.Decision.Endpoints["v2"].State));
        Assert.Equal("unselected: the canary's weight is 0", none.Decision.Endpoints["v2"].Reason);
        Assert.Equal((3, 2), (none.Summary.Total, none.Summary.Active));

        var all = Run(1, pods);
        Assert.Equal((1, 0, 0), (all.Decision.WeightOf("v2"), all.Decision.WeightOf("a"), all.Decision.WeightOf("b")));
        Assert.Equal("unselected: the canary's weight is 100", all.Decision.Endpoints["a"].Reason);
    }

    /// <summary>Before the first pod of the canary is ready, and after the last of the others has left.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    [InlineData(1)]
    public void Version_ThatIsAlone_HasAllTraffic(double share)
    {
        Assert.Equal(1, ShareOf(Run(share, [Pod("a"), Pod("b")]).Decision, "a", "b"));
        Assert.Equal(1, ShareOf(Run(share, [Pod("v2-a", canary: true), Pod("v2-b", canary: true)]).Decision, "v2-a", "v2-b"));
    }

    [Fact]
    public void Canary_HasItsShareInEachZone()
    {
        var decision = Run(0.2, [
            Pod("a1", zone: "zone a"), Pod("a2", zone: "zone a", canary: true), Pod("b1", zone: "zone b"), Pod("b2", zone: "zone b"),
            Pod("b3", zone: "zone b", canary: true), Pod("c1", zone: "zone c"),
        ]).Decision;

        Assert.Equal(0.25, decision.WeightOf("a2") / decision.WeightOf("a1"), 9);
        Assert.Equal(0.25, decision.WeightOf("b3") / (decision.WeightOf("b1") + decision.WeightOf("b2")), 9);
        Assert.Equal(1, decision.WeightOf("c1"));
    }

    /// <summary>A slow version is for the analysis to find: taken out, it would show nothing more.</summary>
    [Fact]
    public void SlowCanary_StaysAtItsShare_AndASlowPodAmongTheOthersLeaves()
    {
        var outcome = Run(0.1, [Pod("a"), Pod("b"), Pod("slow", 200), Pod("v2", 200, canary: true)]);

        Assert.Equal(0, outcome.Decision.WeightOf("slow"));
        Assert.Equal(0.1, ShareOf(outcome.Decision, "v2"), 9);
        Assert.Contains("of a full share by the canary's weight", outcome.Decision.Endpoints["v2"].Reason, StringComparison.Ordinal);
    }

    /// <summary>What is remembered must not depend on the share: raised in steps, each step would else begin with a wrong memory.</summary>
    [Fact]
    public void Memory_DoesNotDependOnTheShare()
    {
        EndpointObservation[] pods = [Pod("a"), Pod("b"), Pod("v2", canary: true)];
        var (little, much) = (Run(0.01, pods).Next, Run(0.9, pods).Next);
        Assert.All(pods, pod => Assert.Equal(little.Endpoints[pod.Key], much.Endpoints[pod.Key]));
        Assert.All(pods, pod => Assert.Equal(1, much.Endpoints[pod.Key].Weight));
    }

    private static double ShareOf(Decision decision, params string[] keys) =>
        keys.Sum(decision.WeightOf) / decision.Endpoints.Keys.Sum(decision.WeightOf);

    /// <summary>Enough evaluations for a verdict to persist.</summary>
    private static PolicyOutcome Run(double share, IReadOnlyCollection<EndpointObservation> pods)
    {
        var (settings, state, outcome) = (Plain with { CanaryShare = share }, PolicyState.Initial, default(PolicyOutcome));
        for (var evaluation = 1; evaluation <= 8; evaluation++)
        {
            outcome = PolicyDecision.Decide(settings, pods, state, Interval * evaluation, seed: 1);
            state = outcome.Next;
        }

        return outcome!;
    }

    private static EndpointObservation Pod(string key, double milliseconds = 10, bool canary = false, string zone = "") => new()
    {
        Key = key,
        Name = key,
        Address = "10.0.0.1",
        Node = "node",
        Domain = zone,
        Canary = canary,
        Window = Window(milliseconds, 10),
        Fresh = Window(milliseconds, 5),
    };

    private static MeasuredWindow Window(double milliseconds, int seconds) => new(
        LatencyHistogram.Repeat(TimeSpan.FromMilliseconds(milliseconds), 50 * seconds), 0, 0, TimeSpan.FromSeconds(seconds));
}
