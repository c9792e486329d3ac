using System.Text.Json.Serialization;

namespace Aviator.Core.Measurement;

/// <summary>
/// An immutable, mergeable latency histogram on <see cref="HistogramLayout"/>. Percentiles of several endpoints or nodes come from merged
/// histograms only; percentiles are never averaged.
/// </summary>
[JsonConverter(typeof(SparseHistogramJsonConverter))]
public sealed class LatencyHistogram
{
    private readonly long[] _counts;

    private LatencyHistogram(long[] counts)
    {
        _counts = counts;
        var total = 0L;
        foreach (var count in counts) total += count;
        Count = total;
    }

    /// <summary>A histogram without samples.</summary>
    public static LatencyHistogram Empty { get; } = new(new long[HistogramLayout.BucketCount]);

    /// <summary>Number of samples.</summary>
    public long Count { get; }

    /// <summary>The counts by bucket; always <see cref="HistogramLayout.BucketCount"/> long.</summary>
    [JsonIgnore]
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Takes a copy of <paramref name="counts"/>, one per bucket.</summary>
    /// <exception cref="ArgumentException">
    /// The number of counts is not <see cref="HistogramLayout.BucketCount"/>, or one is negative.
    /// </exception>
    public static LatencyHistogram FromCounts(ReadOnlySpan<long> counts)
    {
        if (counts.Length != HistogramLayout.BucketCount)
            throw new ArgumentException($"{counts.Length} counts given, {HistogramLayout.BucketCount} expected.", nameof(counts));
        foreach (var count in counts)
            if (count < 0)
                throw new ArgumentException("A bucket count is negative.", nameof(counts));
        return new LatencyHistogram(counts.ToArray());
    }

    /// <summary>Counts each of <paramref name="latencies"/> once.</summary>
    public static LatencyHistogram FromSamples(IEnumerable<TimeSpan> latencies)
    {
        var counts = new long[HistogramLayout.BucketCount];
        foreach (var latency in latencies) counts[HistogramLayout.IndexOf(latency.Ticks * TimeSpan.NanosecondsPerTick)]++;
        return new LatencyHistogram(counts);
    }

    /// <summary>The samples of both.</summary>
    public LatencyHistogram Merge(LatencyHistogram other)
    {
        if (other.Count == 0) return this;
        if (Count == 0) return other;
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++) counts[i] = _counts[i] + other._counts[i];
        return new LatencyHistogram(counts);
    }

    /// <summary>
    /// The samples since <paramref name="earlier"/>, both read from the same growing counters; null when a count went down, which means
    /// that the two are not of one epoch.
    /// </summary>
    public LatencyHistogram? Since(LatencyHistogram earlier)
    {
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
            if ((counts[i] = _counts[i] - earlier._counts[i]) < 0)
                return null;
        return new LatencyHistogram(counts);
    }

    /// <summary>
    /// The value at <paramref name="quantile"/> (0 to 1), interpolated linearly inside its bucket, so the error is at most the bucket's
    /// width (6.25 % of the value). Null without samples.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The quantile is not in 0..1.</exception>
    public TimeSpan? Quantile(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantile, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        return Count == 0 ? null : AtRank(quantile * Count);
    }

    /// <summary>
    /// The value below which <paramref name="rank"/> samples (0 to <see cref="Count"/>; clamped) lie. Null without samples.
    /// </summary>
    public TimeSpan? AtRank(double rank)
    {
        if (Count == 0) return null;
        rank = Math.Clamp(rank, 0, Count);
        var below = 0L;
        var last = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0) continue;
            last = i;
            if (below + _counts[i] >= rank) return Inside(i, (rank - below) / _counts[i]);
            below += _counts[i];
        }

        return Inside(last, 1);
    }

    private static TimeSpan Inside(int bucket, double fraction)
    {
        var lower = HistogramLayout.LowerBound(bucket);
        var nanoseconds = lower + ((HistogramLayout.UpperBound(bucket) - lower) * fraction);
        return TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
    }
}
