using Xunit;

namespace Aviator.Tests.Unit.Collection;

/// <content>Which agent is believed about a node: one that started again, or one of two.</content>
public sealed partial class WindowStoreTests
{
    [Fact]
    public void Accept_AnotherEpoch_BeginsAnewWithoutNegativeCounts()
    {
        for (var i = 1; i <= 20; i++) Accept(i, at: i, samples: i * 100);
        Accept(1, at: 21, samples: 7, epoch: "second");
        Assert.Equal(0, Observe(21).Window.Latency.Count);
        Accept(2, at: 22, samples: 57, epoch: "second");
        Assert.Equal(50, Observe(22).Window.Latency.Count);
    }

    /// <summary>Two agents that claim one node would begin its windows anew with each report.</summary>
    [Fact]
    public void Accept_TwoAgentsOfOneNode_BelievesTheFirst_AndNamesTheOther()
    {
        for (var i = 1; i <= 10; i++) Accept(i, at: i, samples: i * 100);
        Accept(1, at: 10.5, samples: 7, epoch: "second");
        Accept(11, at: 11, samples: 1100);
        Assert.StartsWith("two agents report for node n1", Offer(2, at: 11.5, samples: 8, epoch: "second"), StringComparison.Ordinal);
        Assert.NotNull(_store.Refusal("n1"));
        Accept(12, at: 12, samples: 1200);
        Assert.Equal(1000, Observe(12).Window.Latency.Count);

        Accept(6, at: 15.5, samples: 50, epoch: "second");
        Accept(7, at: 16.5, samples: 60, epoch: "second");
        Assert.Equal(10, Observe(16.5).Window.Latency.Count);
    }

    /// <summary>Redis holds the last report of an agent that ended until the next one writes.</summary>
    [Fact]
    public void Accept_LastReportOfBeforeARestart_ComesAgain_ChangesNothing()
    {
        for (var i = 1; i <= 10; i++) Accept(i, at: i, samples: i * 100);
        Accept(1, at: 12, samples: 7, epoch: "second");
        Accept(10, at: 12.5, samples: 1000, age: 2.5);
        Accept(2, at: 13, samples: 57, epoch: "second");
        Assert.Equal(50, Observe(13).Window.Latency.Count);
    }

    private string? Offer(long sequence, double at, long samples, string epoch) =>
        _store.Accept(Report(sequence, 0, epoch, [Row(samples)]), Seconds(at));
}
