using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>Shares of traffic, under a datapath that carries them out and under one that knows in or out alone.</summary>
public sealed class WeightTests
{
    private static readonly PolicySettings Weighted = new() { CarriesWeights = true };

    private static readonly PolicyState OneIdle = PolicyState.FromSelection(new HashSet<string> { "a", "b" }, ["a", "b", "idle"]);

    [Fact]
    public void WeightOf_EndpointThatTheDecisionDoesNotKnow_IsOne()
    {
        var decision = new Decision(new Dictionary<string, EndpointDecision> { ["a"] = new("a", 0.25, EndpointState.Selected, "") });
        Assert.Equal((0.25, 1), (decision.WeightOf("a"), decision.WeightOf("new")));
        Assert.True(decision.Admits("a"));
    }

    /// <summary>20 samples in a quarter of 60 s.</summary>
    [Theory]
    [InlineData(4, 0.34)]
    [InlineData(10, 0.14)]
    [InlineData(40, 0.04)]
    [InlineData(200, 0.01)]
    [InlineData(2000, 0.01)]
    public void Decide_TrialWhereWeightsAreCarriedOut_GetsWhatItsSamplesNeed(int perSecond, double weight)
    {
        var trial = Decide(Weighted, OneIdle, 5, perSecond).Decision.Endpoints["idle"];
        Assert.Equal((EndpointState.Trial, weight), (trial.State, trial.Weight));
        Assert.EndsWith(FormattableString.Invariant($", at {weight} of a full share"), trial.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_TrialThatNeedsAllThatItCanGet_GetsAFullShare()
    {
        var window = TimeSpan.FromSeconds(10);
        var brief = Weighted with { Measurement = new() { Window = window, MaxWindow = window } };
        Assert.Equal(1, Decide(brief, OneIdle, 5, perSecond: 4).Decision.Endpoints["idle"].Weight);
    }

    [Fact]
    public void Decide_TrialWithoutWeights_GetsAFullShare()
    {
        var trial = Decide(new(), OneIdle, 5, perSecond: 200).Decision.Endpoints["idle"];
        Assert.Equal((EndpointState.Trial, 1), (trial.State, trial.Weight));
    }

    /// <summary>Clients that keep their connections give it nothing at a small share: after half of its time it has a full one.</summary>
    [Fact]
    public void Decide_TrialThatSeesNoTraffic_GetsMoreAndAtLastAFullShare()
    {
        var (state, weights) = (OneIdle, new List<double>());
        for (var seconds = 5; seconds <= 40; seconds += 5)
        {
            var outcome = Decide(Weighted, state, seconds, perSecond: seconds < 20 ? 40 : 10);
            weights.Add(outcome.Decision.Endpoints["idle"].Weight);
            state = outcome.Next;
        }

        Assert.Equal([0.04, 0.04, 0.04, 0.14, 0.14, 0.14, 1, 1], weights);
    }

    [Fact]
    public void Decide_FailedTrial_CostsItsShareOfTheTime()
    {
        var state = Decide(Weighted, OneIdle, 5, perSecond: 40).Next;
        var slow = Pod("idle", 20, milliseconds: 900);
        var judged = PolicyDecision.Decide(Weighted, [Pod("a", 200), Pod("b", 200), slow], state, TimeSpan.FromSeconds(10), seed: 1);
        Assert.Equal(0, judged.Decision.Endpoints["idle"].Weight);
        // 5 s of a 25th of a third.
        Assert.Equal(5 * 0.04 / 3, judged.Next.Of("").TrialDebt, 5);
        Assert.Equal(1, judged.Next.Endpoints["idle"].Weight);
    }

    /// <summary>One request in flight and no answer yet is what a small share is like, and no hang.</summary>
    [Fact]
    public void Decide_TrialThatHasJustGotItsFirstRequest_IsNotTakenForHung()
    {
        var state = Decide(Weighted, OneIdle, 5, perSecond: 2000).Next;
        var first = Pod("idle", 0) with { Rif = 1, OldestInFlight = TimeSpan.FromMilliseconds(15) };
        var judged = PolicyDecision.Decide(Weighted, [Pod("a", 10000), Pod("b", 10000), first], state, TimeSpan.FromSeconds(10), seed: 1);
        Assert.Equal("trial: 1 samples so far, at 0.01 of a full share", judged.Decision.Endpoints["idle"].Reason);
    }

    private static PolicyOutcome Decide(PolicySettings settings, PolicyState state, int seconds, int perSecond)
    {
        var idle = Pod("idle", 0) with { Probe = new([.. Enumerable.Repeat<TimeSpan?>(TimeSpan.FromMilliseconds(10), 16)], TimeSpan.Zero) };
        return PolicyDecision.Decide(
            settings, [Pod("a", perSecond * 5), Pod("b", perSecond * 5), idle], state, TimeSpan.FromSeconds(seconds), seed: 1);
    }

    private static EndpointObservation Pod(string name, int answers, double milliseconds = 10)
    {
        var latency = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), answers));
        var window = new MeasuredWindow(latency, 0, 0, TimeSpan.FromSeconds(5));
        return new() { Key = name, Name = name, Address = name, Window = window, Fresh = window };
    }
}
