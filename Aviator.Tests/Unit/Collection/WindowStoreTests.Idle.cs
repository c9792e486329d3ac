using Xunit;

namespace Aviator.Tests.Unit.Collection;

/// <content>Endpoints that get nothing for a while: their windows are cut from reports that say the same again.</content>
public sealed partial class WindowStoreTests
{
    [Fact]
    public void Observe_EndpointThatIdles_HasTheWidestWindowAndAllocatesLittle()
    {
        for (var i = 1; i <= 80; i++) Accept(i, at: i, samples: Math.Min(i, 5) * 100);
        var seen = Observe(80, lastEvaluation: 75);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Observe(80, lastEvaluation: 75);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(seen.Window.Duration, Seconds(57), Seconds(60));
        Assert.Equal((0, Seconds(5), Seconds(5)), (seen.Window.Latency.Count, seen.Fresh.Duration, seen.Silence.Duration));
        Assert.InRange(allocated, 1, 4096);
    }

    [Fact]
    public void Observe_FewAnswersLongAgoThenNone_GrowsTheWindowToThem()
    {
        for (var i = 1; i <= 60; i++) Accept(i, at: i, samples: i < 31 ? 100 : i < 40 ? 108 : 130);
        var seen = Observe(60, lastEvaluation: 59);

        // The jump of 22 at 40 s, seen from the first report before it that is still held.
        Assert.Equal(22, seen.Window.Latency.Count);
        Assert.InRange(seen.Window.Duration, Seconds(21), Seconds(25));
    }

    [Fact]
    public void Observe_CountersFellAndThenRest_NothingReachesBackBeyondThat()
    {
        for (var i = 1; i <= 20; i++) Accept(i, at: i, samples: i <= 10 ? i * 100 : 5);
        var seen = Observe(20, lastEvaluation: 8);

        Assert.Equal((Seconds(9), 0), (seen.Window.Duration, seen.Window.Latency.Count));
        Assert.Equal((Seconds(9), Seconds(9)), (seen.Fresh.Duration, seen.Silence.Duration));
    }
}
