using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Core.Slices;

/// <summary>A decision with weights in slices, which know a full share and none.</summary>
public sealed class WholeSharesTests
{
    [Fact]
    public void Of_SmallShareInUse_StaysIn()
    {
        var decision = World.Decide(("a", 1), ("b", 0.1), ("c", 0));
        Assert.Same(decision, WholeShares.Of(decision));
    }

    [Theory]
    [InlineData(0.01, false)]
    [InlineData(0.49, false)]
    [InlineData(0.5, true)]
    [InlineData(1, true)]
    public void Of_OnTrial_IsInFromHalfAShareOn(double weight, bool isIn)
    {
        var trial = new EndpointDecision("uid-b", weight, EndpointState.Trial, "trial") { Breaker = new(BreakerPhase.HalfOpen, 2) };
        var decision = new Decision(new Dictionary<string, EndpointDecision>(World.Decide(("a", 1), ("c", 0.25)).Endpoints)
        {
            ["uid-b"] = trial,
        });

        var whole = WholeShares.Of(decision);

        Assert.Equal((true, isIn, true), (whole.Admits("uid-a"), whole.Admits("uid-b"), whole.Admits("uid-c")));
        Assert.Equal(trial with { Weight = isIn ? weight : 0 }, whole.Endpoints["uid-b"]);
        Assert.Equal(weight, decision.WeightOf("uid-b"));
    }

    /// <summary>The guard of the slices has the last word: the only pod of a port is in, whatever its share.</summary>
    [Fact]
    public void Of_OnlyTheOneOnTrialIsReady_SlicesHaveIt()
    {
        var decision = new Decision(new Dictionary<string, EndpointDecision>
        {
            ["uid-a"] = new("uid-a", 0.01, EndpointState.Trial, "trial"),
        });
        var subsets = Membership.Resolve(World.Web, [World.Ready("a")], World.Zone);
        Assert.Equal(["uid-a"], SelectionGuard.Admitted(World.Web, subsets, WholeShares.Of(decision)));
    }
}
