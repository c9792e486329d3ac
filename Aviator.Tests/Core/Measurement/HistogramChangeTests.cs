using System.Buffers;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core.Measurement;

/// <summary>Windows are sums of such changes: each must be exact, however far counts grew, and where they started over.</summary>
public sealed class HistogramChangeTests
{
    /// <summary>One, two, four and eight bytes for each number.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(70_000)]
    [InlineData(9_000_000_000)]
    public void Write_ThenAdd_IsTheSameChange(long unit)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var (earlier, grown) = (RandomCounts(random, unit), RandomCounts(random, unit));
            var change = new HistogramChange(Buffer());
            AddWritten(ref change, Written(earlier, Sum(earlier, grown)));

            Assert.False(change.AnyNegative);
            Assert.Equal(grown, Counts(change.ToHistogram()));
        }
    }

    [Fact]
    public void Add_ChangesOneAfterTheOther_IsTheChangeOverAll()
    {
        var random = new Random(5);
        var change = new HistogramChange(Buffer());
        var first = RandomCounts(random, 1_000_000_000_000);
        var now = first;
        for (var i = 0; i < 50; i++)
        {
            var next = Sum(now, RandomCounts(random, i % 2 == 0 ? 1 : 5_000_000_000));
            AddWritten(ref change, Written(now, next));
            now = next;
        }

        Assert.Equal(Counts(Histogram(now).Since(Histogram(first))!), Counts(change.ToHistogram()));
    }

    /// <summary>Counters that started over and grew beyond what they were belong together again, as their plain difference says.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(300)]
    [InlineData(3_000_000_000)]
    public void AnyNegative_CountsThatStartedOver_UntilTheyAreBeyondThoseBefore(long unit)
    {
        var change = new HistogramChange(Buffer());
        var (before, restarted, beyond) = (Single(100, 7 * unit), Single(100, 2 * unit), Single(100, 9 * unit));

        AddWritten(ref change, Written(before, restarted));
        Assert.True(change.AnyNegative);

        AddWritten(ref change, Written(restarted, beyond));
        Assert.False(change.AnyNegative);
        Assert.Equal(2 * unit, change.ToHistogram()[100]);
    }

    [Fact]
    public void Subtract_PartOfAChange_LeavesTheRest()
    {
        var random = new Random(9);
        var (one, other) = (RandomCounts(random, 1), RandomCounts(random, 100_000));
        var change = new HistogramChange(Buffer());
        change.Add(LatencyHistogram.Empty, Histogram(Sum(one, other)));
        var part = new HistogramChange(Buffer());
        part.Add(LatencyHistogram.Empty, Histogram(other));

        change.Subtract(part);

        Assert.Equal(one, Counts(change.ToHistogram()));
    }

    [Fact]
    public void Write_NothingChanged_IsOneByte()
    {
        var counts = RandomCounts(new Random(1), 1000);

        Assert.Single(Written(counts, [.. counts]));
        Assert.Single(Written(Single(0, 0), Single(0, 0)));
    }

    /// <summary>The bucket below the layout and the one above it.</summary>
    [Fact]
    public void Write_FirstAndLastBucket_AreHeld()
    {
        var counts = Sum(Single(0, 1), Single(HistogramLayout.BucketCount - 1, long.MaxValue - 1));
        var change = new HistogramChange(Buffer());

        AddWritten(ref change, Written(Single(0, 0), counts));

        Assert.Equal(counts, Counts(change.ToHistogram()));
    }

    private static byte[] Written(long[] earlier, long[] later)
    {
        var change = new HistogramChange(Buffer());
        change.Add(Histogram(earlier), Histogram(later));
        var buffer = new ArrayBufferWriter<byte>();
        change.Write(new ByteWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static void AddWritten(ref HistogramChange change, byte[] written)
    {
        var input = new ByteReader(written);
        change.Add(ref input);
        Assert.Equal(0, input.Left);
    }

    /// <summary>What lies in it before counts for nothing.</summary>
    private static long[] Buffer() => [.. Enumerable.Repeat(-77L, HistogramLayout.BucketCount)];

    private static LatencyHistogram Histogram(long[] counts) => LatencyHistogram.FromCounts(counts);

    private static long[] Counts(LatencyHistogram histogram) =>
        [.. Enumerable.Range(0, HistogramLayout.BucketCount).Select(bucket => histogram[bucket])];

    private static long[] Sum(long[] one, long[] other) => [.. one.Zip(other, (left, right) => left + right)];

    private static long[] Single(int bucket, long count)
    {
        var counts = new long[HistogramLayout.BucketCount];
        counts[bucket] = count;
        return counts;
    }

    private static long[] RandomCounts(Random random, long unit)
    {
        var counts = new long[HistogramLayout.BucketCount];
        for (var samples = random.Next(60); samples > 0; samples--) counts[random.Next(counts.Length)] += random.NextInt64(unit + 1);
        return counts;
    }
}
