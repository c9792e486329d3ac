using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>Shares of traffic, under a datapath that carries them out and under one that knows in or out alone.</summary>
public sealed class WeightTests
{
    private static readonly PolicySettings Weighted = new() { CarriesWeights = true };

    private static readonly PolicySettings Prequal = Weighted with { Selection = new() { Mode = SelectionModes.Prequal } };

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

    [Fact]
    public void Decide_NewPodThatIsNotMeasured_GetsMoreWithEachEvaluation()
    {
        Assert.Equal([0.1, 0.25, 0.5, 0.75, 1, 1], PlayNewcomer(Weighted, evaluations: 6, Pod("new", 0)).Weights);
        Assert.Equal("kept: new, no samples yet, at 0.1 of a full share", PlayNewcomer(Weighted, 1, Pod("new", 0)).Reason);
    }

    [Fact]
    public void Decide_NewPodThatIsMeasuredAsGood_GetsAFullShareAtOnce() =>
        Assert.Equal([0.1, 1], PlayNewcomer(Weighted, evaluations: 2, Pod("new", 0), Pod("new", 50)).Weights);

    [Fact]
    public void Decide_NewPodThatIsMeasuredAsSlow_GetsNoMoreUntilItLeaves() => Assert.Equal(
        [0.1, 0.1, 0.1, 0], PlayNewcomer(Weighted, evaluations: 4, Pod("new", 0), Pod("new", 50, milliseconds: 900)).Weights);

    /// <summary>Two evaluations in ten minutes, and no traffic at all.</summary>
    [Fact]
    public void Decide_NewPodOfAServiceThatIsRarelyEvaluated_HasAFullShareAfterAMinute() => Assert.Equal(
        [0.1, 1], PlayNewcomer(Weighted with { EvaluationInterval = TimeSpan.FromMinutes(10) }, 2, Pod("new", 0)).Weights);

    [Fact]
    public void Decide_NewPodWithoutWeights_HasAFullShare() =>
        Assert.Equal([1, 1], PlayNewcomer(new(), evaluations: 2, Pod("new", 0)).Weights);

    [Fact]
    public void Decide_VeryFirstEvaluation_NobodyHasJustCome() => Assert.All(
        PolicyDecision.Decide(Weighted, [Pod("a", 200), Pod("b", 0)], PolicyState.Initial, TimeSpan.FromSeconds(5), seed: 1)
            .Decision.Endpoints.Values,
        verdict => Assert.Equal(1, verdict.Weight));

    /// <summary>Two old pods must not carry what eight are there for.</summary>
    [Fact]
    public void Decide_MostPodsAreNew_TheOldOnesGetHalfAsMuchAgainAtMost()
    {
        var old = new[] { Pod("a", 200), Pod("b", 200) };
        var state = PolicyDecision.Decide(Weighted, old, PolicyState.Initial, TimeSpan.FromSeconds(5), seed: 1).Next;
        var all = old.Concat(Enumerable.Range(0, 6).Select(i => Pod($"new-{i}", 0))).ToList();
        var weights = PolicyDecision.Decide(Weighted, all, state, TimeSpan.FromSeconds(10), seed: 1).Decision.Endpoints.Values
            .Select(verdict => verdict.Weight).ToList();
        Assert.InRange(weights.Max() / weights.Sum(), 1.0 / 8, 1.5 / 8);
        Assert.Equal(0.5, weights.Min());
    }

    /// <summary>The same at four times the known rate: the load needs all there is.</summary>
    [Fact]
    public void Decide_NewPodWhileTheLoadNeedsAll_HasAFullShare()
    {
        var state = Settle(Weighted);
        var overloaded = Enumerable.Range(0, 9).Select(i => Pod($"p{i}", 900, milliseconds: 100)).Append(Pod("new", 0)).ToList();
        var decided = PolicyDecision.Decide(Weighted, overloaded, state, TimeSpan.FromSeconds(15), seed: 1);
        Assert.True(decided.Next.Of("").Capacity.IsStrained(TimeSpan.FromSeconds(15)));
        Assert.Equal(1, decided.Decision.Endpoints["new"].Weight);
    }

    /// <summary>Exponential latencies, and in flight what each report happens to find: equals differ, and it means nothing.</summary>
    [Theory]
    [InlineData(20)]
    [InlineData(400)]
    public void Decide_PrequalOverEquals_NoShareEverChanges(int answers)
    {
        var (random, state) = (new Random(7), PolicyState.Initial);
        for (var i = 1; i <= 400; i++)
        {
            var outcome = PolicyDecision.Decide(Prequal, [.. Enumerable.Range(0, 12).Select(Equal)], state, TimeSpan.FromSeconds(5 * i), 1);
            Assert.All(outcome.Decision.Endpoints.Values, verdict => Assert.Equal(1, verdict.Weight));
            state = outcome.Next;
        }

        EndpointObservation Equal(int pod)
        {
            var latency = LatencyHistogram.FromSamples(
                Enumerable.Range(0, answers).Select(_ => TimeSpan.FromMilliseconds(-50 * Math.Log(1 - random.NextDouble()))));
            var window = new MeasuredWindow(latency, 0, 0, TimeSpan.FromSeconds(5));
            var rif = Enumerable.Range(0, answers).Count(_ => random.NextDouble() < 0.01);
            return new() { Key = $"p{pod}", Name = $"p{pod}", Address = $"p{pod}", Window = window, Fresh = window, Rif = rif };
        }
    }

    /// <summary>Eight of ten are slower by half: what is taken from them would be driven to the two others.</summary>
    [Fact]
    public void Decide_PrequalWhereMostAreSlower_TheFastOnesGetHalfAsMuchAgainAtMost()
    {
        var (state, seen) = (PolicyState.Initial, Enumerable.Range(0, 10).Select(i => Pod($"p{i}", 200, i < 2 ? 10 : 19)).ToList());
        var least = 1.0;
        for (var i = 1; i <= 40; i++)
        {
            var outcome = PolicyDecision.Decide(Prequal, seen, state, TimeSpan.FromSeconds(5 * i), seed: 1);
            var weights = outcome.Decision.Endpoints.Values.Select(verdict => verdict.Weight).ToList();
            Assert.InRange(weights.Max() / weights.Sum(), 0.1, 0.15);
            least = weights.Min();
            state = outcome.Next;
        }

        Assert.Equal(0.75, least);
    }

    /// <summary>Only probes are known: they come at their own rate, and say nothing of the load that others could carry.</summary>
    [Fact]
    public void Decide_PrequalByProbes_WeighsNothing()
    {
        var (state, probed) = (PolicyState.Initial, Prequal with { Source = LatencySource.Probe });
        for (var i = 1; i <= 10; i++)
        {
            var seen = new[] { Pod("a", 200), Pod("b", 200), Pod("c", 200, milliseconds: 19) };
            var outcome = PolicyDecision.Decide(probed, seen, state, TimeSpan.FromSeconds(5 * i), seed: 1);
            Assert.All(outcome.Decision.Endpoints.Values, verdict => Assert.Equal(1, verdict.Weight));
            state = outcome.Next;
        }
    }

    /// <summary>Nine pods that are known, and one that comes then; what it does at each evaluation, the last for all that follow.</summary>
    private static (List<double> Weights, string Reason) PlayNewcomer(
        PolicySettings settings, int evaluations, params EndpointObservation[] steps)
    {
        var (state, weights, reason) = (Settle(settings), new List<double>(), "");
        for (var i = 0; i < evaluations; i++)
        {
            var now = state.LastEvaluation!.Value + settings.EvaluationInterval;
            var seen = Enumerable.Range(0, 9).Select(pod => Pod($"p{pod}", 200)).Append(steps[Math.Min(i, steps.Length - 1)]).ToList();
            var outcome = PolicyDecision.Decide(settings, seen, state, now, seed: 1);
            (state, reason) = (outcome.Next, outcome.Decision.Endpoints["new"].Reason);
            weights.Add(outcome.Decision.Endpoints["new"].Weight);
        }

        return (weights, reason);
    }

    private static PolicyState Settle(PolicySettings settings)
    {
        var state = PolicyState.Initial;
        var known = Enumerable.Range(0, 9).Select(pod => Pod($"p{pod}", 200)).ToList();
        for (var i = 1; i <= 2; i++) state = PolicyDecision.Decide(settings, known, state, TimeSpan.FromSeconds(5 * i), seed: 1).Next;
        return state;
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
