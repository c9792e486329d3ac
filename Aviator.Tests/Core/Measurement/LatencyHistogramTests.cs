using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core.Measurement;

/// <summary>A histogram holds only the buckets between the first filled one and the last; it must count as one that holds all.</summary>
public sealed class LatencyHistogramTests
{
    [Fact]
    public void SumMergeAndSince_RandomCounts_AreThoseOfWholeArrays()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var (one, other) = (RandomCounts(random), RandomCounts(random));
            var both = Enumerable.Zip(one, other, (left, right) => left + right).ToArray();
            var (first, second) = (LatencyHistogram.FromCounts(one), LatencyHistogram.FromCounts(other));

            AssertCounts(one, first);
            AssertCounts(both, first.Merge(second));
            AssertCounts(both, LatencyHistogram.Sum([first, second]));
            AssertCounts(other, Assert.IsType<LatencyHistogram>(LatencyHistogram.FromCounts(both).Since(first)));
            Assert.Equal(Enumerable.Zip(one, other).All(pair => pair.First >= pair.Second), first.Since(second) is not null);
        }
    }

    [Fact]
    public void FilledCounts_BeginAndEndWithAFilledBucket()
    {
        var counts = new long[HistogramLayout.BucketCount];
        (counts[100], counts[130]) = (5, 1);

        var histogram = LatencyHistogram.FromCounts(counts);

        Assert.Equal((100, 31, 5, 1), (histogram.FirstBucket, histogram.FilledCounts.Length, histogram[100], histogram[130]));
        Assert.Equal((0, 0, 0), (histogram[99], histogram[-1], histogram[HistogramLayout.BucketCount]));
    }

    [Fact]
    public void Repeat_IsSoManySamplesOfOneLatency()
    {
        var histogram = LatencyHistogram.Repeat(TimeSpan.FromMilliseconds(20), 7);

        Assert.Equal(7, histogram.Count);
        Assert.InRange(histogram.Quantile(0.5)!.Value.TotalMilliseconds, 18.75, 21.25);
        Assert.Same(LatencyHistogram.Empty, LatencyHistogram.Repeat(TimeSpan.FromMilliseconds(20), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LatencyHistogram.Repeat(TimeSpan.Zero, -1));
    }

    [Fact]
    public void SharedWith_TheSameSamples_IsTheOther()
    {
        var counts = RandomCounts(new Random(3));
        counts[200]++;
        var (before, now) = (LatencyHistogram.FromCounts(counts), LatencyHistogram.FromCounts(counts));
        Assert.Same(before, now.SharedWith(before));

        var more = now.Merge(LatencyHistogram.Repeat(TimeSpan.FromSeconds(1), 1));
        Assert.Same(more, more.SharedWith(before));
        Assert.Same(now, now.SharedWith(LatencyHistogram.Empty));
    }

    private static void AssertCounts(long[] expected, LatencyHistogram actual)
    {
        var counts = new long[HistogramLayout.BucketCount];
        actual.AddTo(counts);
        Assert.Equal(expected, counts);
        Assert.Equal(expected.Sum(), actual.Count);
    }

    private static long[] RandomCounts(Random random)
    {
        var counts = new long[HistogramLayout.BucketCount];
        for (var i = random.Next(20); i > 0; i--) counts[random.Next(counts.Length)] = random.Next(50);
        return counts;
    }
}
