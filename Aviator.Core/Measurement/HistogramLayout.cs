using System.Numerics;

namespace Aviator.Core.Measurement;

/// <summary>
/// The bucket layout of every latency histogram: log-linear, 16 buckets per octave, so a bucket is at most 6.25 % wide.
/// The kernel program (bpf/) computes the same index from the same constants; a test compares both.
/// </summary>
/// <remarks>
/// Values are nanoseconds. Bucket 0 holds everything below 2^10 ns (about 1 µs), the last one everything from 2^36 ns (about 69 s) on.
/// The scheme is that of HdrHistogram (G. Tene) with a power-of-two sub-bucket count, which a kernel program can compute by shifts alone.
/// </remarks>
public static class HistogramLayout
{
    /// <summary>log2 of <see cref="BucketsPerOctave"/>.</summary>
    public const int SubBucketBits = 4;

    /// <summary>Linear buckets in each octave.</summary>
    public const int BucketsPerOctave = 1 << SubBucketBits;

    /// <summary>Exponent of the first octave: values from 2^10 ns on have buckets of their own.</summary>
    public const int FirstExponent = 10;

    /// <summary>Exponent at which the last octave ends (exclusive): values from 2^36 ns on share the last bucket.</summary>
    public const int EndExponent = 36;

    /// <summary>Number of buckets: one below the range, 26 octaves of 16, one above.</summary>
    public const int BucketCount = ((EndExponent - FirstExponent) * BucketsPerOctave) + 2;

    private static readonly double[] Middles =
        [.. Enumerable.Range(0, BucketCount).Select(index => (LowerBound(index) + UpperBound(index)) / 2.0)];

    /// <summary>The bucket that holds <paramref name="nanoseconds"/>; negative values count as zero.</summary>
    public static int IndexOf(long nanoseconds)
    {
        if (nanoseconds < 1L << FirstExponent) return 0;
        if (nanoseconds >= 1L << EndExponent) return BucketCount - 1;
        var exponent = BitOperations.Log2((ulong)nanoseconds);
        var sub = (int)(nanoseconds >> (exponent - SubBucketBits)) & (BucketsPerOctave - 1);
        return 1 + ((exponent - FirstExponent) << SubBucketBits) + sub;
    }

    /// <summary>The smallest value, in nanoseconds, that falls into bucket <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in 0..<see cref="BucketCount"/> - 1.</exception>
    public static long LowerBound(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, BucketCount);
        if (index == 0) return 0;
        if (index == BucketCount - 1) return 1L << EndExponent;
        var octave = (index - 1) >> SubBucketBits;
        var sub = (index - 1) & (BucketsPerOctave - 1);
        return (long)(BucketsPerOctave + sub) << (octave + FirstExponent - SubBucketBits);
    }

    /// <summary>
    /// The first value, in nanoseconds, above bucket <paramref name="index"/>; the last bucket has no end and reports twice its start.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in 0..<see cref="BucketCount"/> - 1.</exception>
    public static long UpperBound(int index) => index == BucketCount - 1 ? 1L << (EndExponent + 1) : LowerBound(index + 1);

    /// <summary>The value, in nanoseconds, halfway between the bounds of bucket <paramref name="index"/>.</summary>
    internal static double Middle(int index) => Middles[index];
}
