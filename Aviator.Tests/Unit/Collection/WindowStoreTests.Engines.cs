using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Collection;

/// <content>What reports say of inference engines.</content>
public sealed partial class WindowStoreTests
{
    private static readonly PolicySettings Asked = Settings with { Engine = InferenceEngine.VLLM };

    /// <summary>A queue of a moment is no load.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(0.0)]
    [InlineData(7.0)]
    public void Observe_QueueThatGrows_IsTheMeanOfTheWindow(double? lastEvaluation)
    {
        for (var i = 1; i <= 10; i++) Accept(i, i, waiting: i);
        Assert.Equal(new EngineObservation(5.5, 0.5, 5.8), Observe(10, lastEvaluation, settings: Asked).Engine);
    }

    /// <summary>And one that is gone is none any more.</summary>
    [Fact]
    public void Observe_QueueThatShrinks_IsTheMeanOfWhatCameSinceTheLastEvaluation()
    {
        for (var i = 1; i <= 10; i++) Accept(i, i, waiting: 19 - i);
        Assert.Equal(new EngineObservation(10, 0.5, 13.5), Observe(10, lastEvaluation: 7, settings: Asked).Engine);
    }

    [Fact]
    public void Observe_QueuesOfBefore_AreLeftOut()
    {
        for (var i = 1; i <= 30; i++) Accept(i, i, waiting: i <= 15 ? 100 : 2);
        Assert.Equal(2, Observe(30, settings: Asked).Engine!.Waiting);
        for (var i = 31; i <= 33; i++) Accept(i, i, waiting: 8);
        Assert.Equal(8, Observe(33, lastEvaluation: 10, evidenceFrom: 30.5, settings: Asked).Engine!.Waiting);
    }

    [Fact]
    public void Observe_PolicyThatDoesNotAsk_HasNone()
    {
        for (var i = 1; i <= 3; i++) Accept(i, i, waiting: 7);
        Assert.Null(Observe(3).Engine);
        Assert.Null(Observe(3, settings: Asked with { Source = LatencySource.Probe }).Engine);
        Assert.NotNull(Observe(3, settings: Asked).Engine);
    }

    /// <summary>The age that the agent gives, and that of its report.</summary>
    [Theory]
    [InlineData(0, 7.9, true)]
    [InlineData(0, 8.1, false)]
    [InlineData(4.5, 3.4, true)]
    [InlineData(4.5, 3.6, false)]
    [InlineData(5.1, 3, false)]
    public void Observe_StaleSample_IsNone(double age, double now, bool there)
    {
        for (var i = 1; i <= 3; i++) Accept(i, i, waiting: 7, age);
        Assert.Equal(there, Observe(now, settings: Asked).Engine is not null);
    }

    [Fact]
    public void Observe_NewestRowWithoutASample_IsNoneWhateverWasBefore()
    {
        for (var i = 1; i <= 3; i++) Accept(i, i, waiting: 7);
        Accept(4, at: 4, samples: 4);
        Assert.Null(Observe(4, settings: Asked).Engine);
    }

    /// <summary>By HTTP a report is JSON, in which any number may stand.</summary>
    [Theory]
    [InlineData(-1, 0.5, 0, false, null)]
    [InlineData(3, 0.5, -1, false, null)]
    [InlineData(3, 0.5, 1e300, false, null)]
    [InlineData(3, -0.1, 0, true, null)]
    [InlineData(3, 1.1, 0, true, null)]
    [InlineData(3, 1, 0, true, 1.0)]
    public void Observe_SampleOutOfRange_IsNoneOrHasNoCache(long waiting, double cache, double age, bool there, double? expected)
    {
        var engine = new EngineReport { Waiting = waiting, CacheUse = cache, AgeSeconds = age };
        Assert.Null(_store.Accept(Report(1, 0, "first", [Row(1) with { Engine = engine }]), Seconds(1)));
        var seen = Observe(1, settings: Asked).Engine;
        Assert.Equal(there, seen is not null);
        Assert.Equal(expected, seen?.CacheUse);
    }

    /// <summary>
    /// An engine that sends heads of answers at once has nothing without an answer by the kernel's count, however much waits; of another
    /// one the kernel has counted what waits already.
    /// </summary>
    [Theory]
    [InlineData(8, 8, 14, 22)]
    [InlineData(22, 8, 14, 22)]
    [InlineData(22, 0, 14, 22)]
    [InlineData(10, 8, 14, 22)]
    [InlineData(0, 0, 14, 14)]
    public void InFlight_WithTheEnginesQueue_CountsWhatTheKernelDoesNotSeeWait(long rif, long underWay, long waiting, int expected)
    {
        var engine = new EngineReport { Waiting = waiting, AgeSeconds = 0 };
        var row = Row(1) with { Rif = rif, AnswersUnderWay = underWay, Engine = engine };
        Assert.Null(_store.Accept(Report(1, 0, "first", [row]), Seconds(1)));
        Assert.Equal(expected, _store.InFlight(Pod, Seconds(2), withQueue: true));
        Assert.Equal((int)rif, _store.InFlight(Pod, Seconds(2)));
        Assert.Null(_store.InFlight(Pod, Seconds(6.1), withQueue: true));
        Assert.Equal((int)rif, _store.InFlight(Pod, Seconds(6.1)));
    }

    private void Accept(int sequence, double at, long waiting, double age = 0)
    {
        var engine = new EngineReport { Waiting = waiting, CacheUse = 0.5, AgeSeconds = age };
        Assert.Null(_store.Accept(Report(sequence, 0, "first", [Row(sequence) with { Engine = engine }]), Seconds(at)));
    }
}
