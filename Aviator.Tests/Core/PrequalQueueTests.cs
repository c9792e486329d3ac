using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>Shares by what waits in the pods' inference engines: four pods that answer alike, each evaluation as the one before.</summary>
public sealed class PrequalQueueTests
{
    private const int LongEnough = 30;

    private static readonly PolicySettings Asked = new()
    {
        CarriesWeights = true,
        Selection = new() { Mode = SelectionModes.Prequal },
        Engine = InferenceEngine.VLLM,
    };

    private static readonly PolicySettings NotAsked = Asked with { Engine = null };

    /// <summary>The last pod's queue, beside three empty ones; a few that wait are no queue.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(12, 0.1)]
    public void Decide_OneLongQueue_ItsShareFallsAndTheOthersStay(double waiting, double weight) =>
        Assert.Equal([1, 1, 1, weight], Play(Asked, Pod(0), Pod(0), Pod(0), Pod(waiting)));

    /// <summary>
    /// Out of use it would come back with an empty queue. Its share falls first; where that does not help for long, it leaves as ever.
    /// </summary>
    [Fact]
    public void Decide_QueueMakesAnEngineSlow_ItsShareFallsAndItStays()
    {
        var slow = Pod(12, answers: 60, milliseconds: 400);
        Assert.Equal(0, Play(NotAsked, Pod(0), Pod(0), Pod(0), slow)[3]);
        var shed = Play(Asked, PolicyState.Initial, 24, [Pod(0), Pod(0), Pod(0), slow]);
        Assert.Equal([1, 1, 1, 0.1], shed.Weights);
        Assert.Equal(0, Play(Asked, shed.State, LongEnough, [Pod(0), Pod(0), Pod(0), slow]).Weights[3]);
        var emptied = Pod(0, answers: 60, milliseconds: 400, inFlight: 9);
        Assert.Equal(0.1, Play(Asked, shed.State, LongEnough, [Pod(0), Pod(0), Pod(0), emptied]).Weights[3]);
    }

    /// <summary>Equally long ones are the load's.</summary>
    [Fact]
    public void Decide_AllQueuesAreLong_NoShareFalls() =>
        Assert.Equal([1, 1, 1, 1], Play(Asked, Pod(40), Pod(50), Pod(60), Pod(70)));

    [Fact]
    public void Decide_PolicyThatDoesNotAsk_GoesByRequestsInFlight() =>
        Assert.Equal([1, 1, 1, 1], Play(NotAsked, Pod(0), Pod(0), Pod(0), Pod(99, cache: 0.99)));

    /// <summary>An engine that says nothing is not a full one, and the queues of the others are not compared with its requests.</summary>
    [Fact]
    public void Decide_OneSampleIsMissing_NobodyGoesByQueues()
    {
        var silent = Pod(0) with { Engine = null };
        Assert.Equal([1, 1, 1, 1], Play(Asked, silent, Pod(0), Pod(0), Pod(99)));
        Assert.Equal([1, 1, 1, 1], Play(Asked, silent, Pod(0), Pod(0), Pod(0)));
    }

    /// <summary>An engine on a large accelerator works on many at once, and nothing waits: what is in flight there is no load.</summary>
    [Fact]
    public void Decide_ManyInFlightAndNoQueue_KeepsItsShare()
    {
        var busy = Pod(0, answers: 2000);
        Assert.InRange(Play(NotAsked, Pod(0), Pod(0), Pod(0), busy)[3], 0.1, 0.75);
        Assert.Equal([1, 1, 1, 1], Play(Asked, Pod(0), Pod(0), Pod(0), busy));
    }

    [Theory]
    [InlineData(0.5, 0.79, 1)]
    [InlineData(0.5, 0.8, 0.1)]
    [InlineData(null, 0.8, 0.1)]
    [InlineData(0.95, 0.95, 1)]
    public void Decide_FullCache_ShedsUnlessMostAreFull(double? others, double own, double weight) => Assert.Equal(
        [1, 1, 1, weight],
        Play(Asked, Pod(0, cache: others), Pod(0, cache: others), Pod(0, cache: others), Pod(0, cache: own)));

    /// <summary>An empty queue does not say that a larger share would have none; queues at all others say that it is needed.</summary>
    [Fact]
    public void Decide_QueueIsGone_ShareGrowsWhenAllOthersQueueOrLittleIsInFlight()
    {
        var shed = Play(Asked, PolicyState.Initial, 12, [Pod(0), Pod(0), Pod(0), Pod(12)]);
        Assert.Equal(0.5, shed.Weights[3]);

        var busy = Pod(0, inFlight: 9);
        Assert.Equal([1, 1, 1, 0.5], Play(Asked, shed.State, LongEnough, [busy, busy, busy, busy]).Weights);

        var queued = Pod(20, inFlight: 29);
        Assert.Equal([1, 1, 1, 0.5], Play(Asked, shed.State, 2, [queued, queued, busy, busy]).Weights);
        Assert.Equal([1, 1, 1, 1], Play(Asked, shed.State, 2, [queued, queued, queued, busy]).Weights);

        Assert.Equal([1, 1, 1, 1], Play(Asked, shed.State, 2, [Pod(0), Pod(0), Pod(0), Pod(0)]).Weights);
    }

    [Fact]
    public void Decide_Rows_SayHowLoadedEachEngineIs()
    {
        List<EndpointObservation> seen = [Pod(12, cache: 0.83) with { Key = "busy" }, Pod(0) with { Key = "silent", Engine = null }];
        var rows = PolicyDecision.Decide(Asked, seen, PolicyState.Initial, Asked.EvaluationInterval, seed: 1).Summary.Rows;
        Assert.Equal(new EngineObservation(12, 0.83, 12), rows.Single(row => row.Key == "busy").Engine);
        Assert.Null(rows.Single(row => row.Key == "silent").Engine);
    }

    private static double[] Play(PolicySettings settings, params EndpointObservation[] seen) =>
        Play(settings, PolicyState.Initial, LongEnough, seen).Weights;

    private static (double[] Weights, PolicyState State) Play(
        PolicySettings settings, PolicyState state, int evaluations, EndpointObservation[] seen)
    {
        var named = seen.Select((pod, i) => pod with { Key = $"p{i}", Name = $"p{i}", Address = $"p{i}" }).ToList();
        var weights = Array.Empty<double>();
        for (var i = 0; i < evaluations; i++)
        {
            var now = (state.LastEvaluation ?? TimeSpan.Zero) + settings.EvaluationInterval;
            var outcome = PolicyDecision.Decide(settings, named, state, now, seed: 1);
            weights = [.. named.Select(pod => outcome.Decision.Endpoints[pod.Key].Weight)];
            state = outcome.Next;
        }

        return (weights, state);
    }

    private static EndpointObservation Pod(
        double waiting, double? cache = 0.5, int answers = 200, double milliseconds = 40, double? inFlight = null)
    {
        var latency = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), answers));
        var window = new MeasuredWindow(latency, 0, 0, TimeSpan.FromSeconds(10));
        var engine = new EngineObservation(waiting, cache, inFlight ?? waiting);
        return new() { Key = "", Name = "", Address = "", Window = window, Fresh = window, Engine = engine };
    }
}
