using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Measurement;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core;

public sealed class RankingTests
{
    private static readonly Comparison Strict = new(0.2, Comparison.Strict);

    [Theory]
    [InlineData(20, 0.99, 0.001, 17)]
    [InlineData(5, 0.99, 0.01, 4)]
    [InlineData(1000, 0.99, 0.01, 982)]
    [InlineData(100, 0.5, 0.05, 42)]
    [InlineData(5, 0.5, 0.001, 0)]
    public void LowerRank_KnownTables_Agrees(long samples, double quantile, double alpha, long rank) =>
        Assert.Equal(rank, OrderStatistics.LowerRank(samples, quantile, alpha));

    [Theory]
    [InlineData(20, 0.99, 0.05, null)]
    [InlineData(299, 0.99, 0.05, 299L)]
    [InlineData(100, 0.5, 0.05, 59L)]
    public void UpperRank_KnownTables_Agrees(long samples, double quantile, double alpha, long? rank) =>
        Assert.Equal(rank, OrderStatistics.UpperRank(samples, quantile, alpha));

    [Property(MaxTest = 300)]
    public void Ranks_AnyNumberOfSamples_EncloseTheQuantile(uint some, byte percent)
    {
        var (samples, quantile) = ((some % 100_000) + 1, 0.5 + (percent % 50 / 100.0));
        var lower = OrderStatistics.LowerRank(samples, quantile, 0.001);
        var upper = OrderStatistics.UpperRank(samples, quantile, 0.001);
        Assert.InRange(lower, 0, quantile * samples);
        if (upper is { } bound) Assert.InRange(bound, quantile * samples, samples);
        Assert.Equal(upper is not null, quantile <= OrderStatistics.Supported(samples, 1, 0.001) + 1e-9);
    }

    [Fact]
    public void ClearlyWorse_OneOutlierOfTwenty_IsATie()
    {
        var (calm, unlucky) = (Of(20, 10),
            Evidence.FromWindow(new(Histogram((19, 10), (1, 900)), 0, 0, TimeSpan.FromSeconds(10)), 0, TimeSpan.Zero));
        Assert.False(Strict.ClearlyWorse(unlucky, calm));
        Assert.True(Strict.ClearlyWorse(Of(20, 500), calm));
    }

    [Theory]
    [InlineData(11, false)]
    [InlineData(12.9, true)]
    public void ClearlyWorse_ManySamples_AsksForTheMargin(double milliseconds, bool worse) =>
        Assert.Equal(worse, Strict.ClearlyWorse(Of(10_000, milliseconds), Of(10_000, 10)));

    [Fact]
    public void ClearlyWorse_EqualTails_DecidesByTheMedian()
    {
        var fast = Evidence.FromWindow(new(Histogram((900, 10), (100, 1000)), 0, 0, TimeSpan.FromSeconds(10)), 0, TimeSpan.Zero);
        var slow = Evidence.FromWindow(new(Histogram((900, 100), (100, 1000)), 0, 0, TimeSpan.FromSeconds(10)), 0, TimeSpan.Zero);
        Assert.True(Strict.ClearlyWorse(slow, fast));
        Assert.False(Strict.ClearlyWorse(fast, slow));
    }

    [Fact]
    [Trait("Catalogue", "4")]
    public void Evidence_FailuresAreFastest_RanksThemSlowest()
    {
        var sinkhole = Evidence.FromWindow(new(Histogram((50, 1), (950, 10)), 50, 0, TimeSpan.FromSeconds(10)), 0, TimeSpan.Zero);
        Assert.True(sinkhole.P99 >= TimeSpan.FromSeconds(64));
        Assert.True(Strict.ClearlyWorse(sinkhole, Of(1000, 20)));
        Assert.Equal(1000, sinkhole.Count);
    }

    [Fact]
    [Trait("Catalogue", "24")]
    public void Evidence_RequestsWaitInFlight_CountAtTheirAges()
    {
        var stuck = Evidence.FromWindow(new(Histogram((1000, 10)), 0, 0, TimeSpan.FromSeconds(10)), 50, TimeSpan.FromSeconds(8));
        Assert.InRange(stuck.Count, 1040, 1050);
        Assert.True(stuck.P99 > TimeSpan.FromSeconds(1));
        var usual = Evidence.FromWindow(new(Histogram((1000, 10)), 0, 0, TimeSpan.FromSeconds(10)), 1, TimeSpan.FromMilliseconds(6));
        Assert.Equal(1000, usual.Count);
    }

    [Fact]
    [Trait("Catalogue", "10")]
    public void Summary_SeveralEndpoints_MergesHistogramsInsteadOfAveragingPercentiles()
    {
        static EndpointObservation Pod(string name, LatencyHistogram latency) => new()
        {
            Key = name,
            Name = name,
            Address = name,
            Window = new(latency, 0, 0, TimeSpan.FromSeconds(10)),
            Fresh = new(latency, 0, 0, TimeSpan.FromSeconds(5)),
        };

        var outcome = PolicyDecision.Decide(new PolicySettings(),
            [Pod("busy", Histogram((9_900, 10))), Pod("idle", Histogram((100, 1000)))], PolicyState.Initial, TimeSpan.FromSeconds(5), 1);
        Assert.InRange(outcome.Summary.P99!.Value.TotalMilliseconds, 9, 11);
        Assert.InRange(outcome.Summary.Average!.Value.TotalMilliseconds, 19, 21);
    }

    private static Evidence Of(int samples, double milliseconds) =>
        Evidence.FromWindow(new(Histogram((samples, milliseconds)), 0, 0, TimeSpan.FromSeconds(10)), 0, TimeSpan.Zero);

    private static LatencyHistogram Histogram(params (int Count, double Milliseconds)[] samples) =>
        LatencyHistogram.FromSamples(samples.SelectMany(sample =>
            Enumerable.Repeat(TimeSpan.FromMilliseconds(sample.Milliseconds), sample.Count)));
}
