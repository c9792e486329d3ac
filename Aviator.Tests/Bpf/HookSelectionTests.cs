using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Choosing hooks by load, attach and one counted request; saying why when there are none.</summary>
[Collection(KernelCollection.Name)]
public sealed class HookSelectionTests
{
    [Fact]
    public void SelfTest_ManyRequests_CountedExactly()
    {
        var report = SelfTestCommand.Measure(5000, null);
        Assert.Equal(("exact", 5000L, 0L), (report.Result, report.Counted, report.Lost));
        Assert.Null(report.Tried[^1].Failure);
        Assert.True(report.AdoptsConnections);
        Assert.True(report.MeasuresHttp2);
        Assert.True(report.InFlightReadable);
    }

    [Fact]
    public void Open_HooksThatDoNotExist_SaysWhatWasTried()
    {
        var failure = Assert.Throws<BpfUnavailableException>(() =>
            KernelCounters.Open(new KernelCountersOptions { Hooks = [] }, NullLogger.Instance));
        Assert.Empty(failure.Tried);
        Assert.StartsWith("The kernel", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Each counts what goes to its own address, or two agents that start together would spoil each other's verdict.</summary>
    [Fact]
    public async Task SelfTest_TwoAtTheSameMoment_CountTheirOwnOnly()
    {
        var reports = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => SelfTestCommand.Measure(2000, null))));
        Assert.All(reports, report => Assert.Equal(("exact", 2000L), (report.Result, report.Counted)));
    }

    [Fact]
    public void Health_AWalkIsRefusedOrForbidden_RequestsInFlightAreStillRead()
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { Walks = [] }, NullLogger.Instance);
        Assert.Equal((null, true), (counters.Health().Walk, counters.Health().CanReadInFlight));
    }

    [Fact]
    public void IsFlowing_HooksAttached_IsTrueAndLeavesNoCounters()
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions(), NullLogger.Instance);
        Assert.True(counters.IsFlowing());
        Assert.Empty(counters.Read());
        var health = counters.Health();
        Assert.Equal((0L, true), (health.KnownLoss, health.CanReadInFlight));
    }
}
