using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core.Measurement;

/// <summary>Requests that were given up are neither answers nor nothing: they would have taken at least so long.</summary>
public sealed class CensoredSamplesTests
{
    [Fact]
    public void Merge_GivenUpBelowEveryAnswer_IsSpreadOverTheAnswers()
    {
        var merged = CensoredSamples.Merge(Of((20, 60), (40, 20)), Of((8, 40)));
        Assert.Equal((120L, 90L), (merged.Count, At(merged, 20)));
        Assert.Equal(30, At(merged, 40));
    }

    [Fact]
    public void Merge_GivenUpBetweenAnswers_LeavesTheFasterAlone()
    {
        var merged = CensoredSamples.Merge(Of((5, 50), (100, 10)), Of((20, 30)));
        Assert.Equal((50L, 0L, 40L), (At(merged, 5), At(merged, 20), At(merged, 100)));
    }

    [Fact]
    public void Merge_GivenUpAboveEveryAnswer_StaysAtItsAge()
    {
        var merged = CensoredSamples.Merge(Of((5, 50)), Of((1000, 7)));
        Assert.Equal((50L, 7L), (At(merged, 5), At(merged, 1000)));
    }

    [Fact]
    public void Merge_OfAny_KeepsTheCountAndMakesNoQuantileFaster()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var (latency, censored) = (Any(random), Any(random));
            var merged = CensoredSamples.Merge(latency, censored);
            Assert.Equal(latency.Count + censored.Count, merged.Count);
            Assert.All(merged.FilledCounts.ToArray(), count => Assert.InRange(count, 0, long.MaxValue));
            var plain = latency.Merge(censored);
            foreach (var quantile in (double[])[0.1, 0.5, 0.9, 0.99])
                Assert.True(merged.Quantile(quantile) >= plain.Quantile(quantile), $"{quantile} in round {round}");
        }
    }

    private static LatencyHistogram Any(Random random) => LatencyHistogram.FromSamples(Enumerable.Range(0, random.Next(200))
        .Select(_ => TimeSpan.FromMilliseconds(Math.Pow(10, 3 * random.NextDouble()))));

    private static LatencyHistogram Of(params (double Milliseconds, int Count)[] samples) => LatencyHistogram.FromSamples(
        samples.SelectMany(s => Enumerable.Repeat(TimeSpan.FromMilliseconds(s.Milliseconds), s.Count)));

    private static long At(LatencyHistogram histogram, double milliseconds) =>
        histogram[HistogramLayout.IndexOf((long)(milliseconds * 1e6))];
}
