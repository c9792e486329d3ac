using System.Text.Json.Serialization;

namespace Aviator.Core.Measurement;

/// <summary>
/// An immutable, mergeable latency histogram on <see cref="HistogramLayout"/>. Percentiles of several endpoints or nodes come from merged
/// histograms only; percentiles are never averaged.
/// </summary>
[JsonConverter(typeof(SparseHistogramJsonConverter))]
public sealed class LatencyHistogram
{
    /// <summary>
    /// From the first filled bucket to the last, neither of them zero: one endpoint's answers fill a small part of the layout, and a
    /// controller holds dozens of histograms of each.
    /// </summary>
    private readonly long[] _counts;

    private LatencyHistogram(int firstBucket, long[] counts)
    {
        (FirstBucket, _counts) = (firstBucket, counts);
        foreach (var count in counts) Count += count;
    }

    /// <summary>A histogram without samples.</summary>
    public static LatencyHistogram Empty { get; } = new(0, []);

    /// <summary>Number of samples.</summary>
    public long Count { get; }

    /// <summary>The first filled bucket, which <see cref="FilledCounts"/> begins with; 0 without samples.</summary>
    [JsonIgnore]
    public int FirstBucket { get; }

    /// <summary>The counts from the first filled bucket to the last; those between may be zero. Empty without samples.</summary>
    [JsonIgnore]
    public ReadOnlySpan<long> FilledCounts => _counts;

    /// <summary>The bucket after the last filled one.</summary>
    private int EndBucket => FirstBucket + _counts.Length;

    /// <summary>The samples in <paramref name="bucket"/>; none outside of the layout.</summary>
    public long this[int bucket] => bucket >= FirstBucket && bucket < EndBucket ? _counts[bucket - FirstBucket] : 0;

    /// <summary>Takes a copy of <paramref name="counts"/>, one per bucket.</summary>
    /// <exception cref="ArgumentException">
    /// The number of counts is not <see cref="HistogramLayout.BucketCount"/>, or one is negative.
    /// </exception>
    public static LatencyHistogram FromCounts(ReadOnlySpan<long> counts)
    {
        if (counts.Length != HistogramLayout.BucketCount)
            throw new ArgumentException($"{counts.Length} counts given, {HistogramLayout.BucketCount} expected.", nameof(counts));
        if (counts.ContainsAnyExceptInRange(0L, long.MaxValue))
            throw new ArgumentException("A bucket count is negative.", nameof(counts));
        return FromRange(0, counts);
    }

    /// <summary>Takes a copy of <paramref name="counts"/>, none of them negative, for the buckets from the first one on.</summary>
    internal static LatencyHistogram FromRange(int firstBucket, ReadOnlySpan<long> counts)
    {
        var start = counts.IndexOfAnyExcept(0L);
        if (start < 0) return Empty;
        var end = counts.LastIndexOfAnyExcept(0L) + 1;
        return new LatencyHistogram(firstBucket + start, counts[start..end].ToArray());
    }

    /// <summary>Counts each of <paramref name="latencies"/> once.</summary>
    public static LatencyHistogram FromSamples(IEnumerable<TimeSpan> latencies)
    {
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        foreach (var latency in latencies) counts[IndexOf(latency)]++;
        return FromRange(0, counts);
    }

    /// <summary>So many samples, 0 or more, that all took <paramref name="latency"/>.</summary>
    public static LatencyHistogram Repeat(TimeSpan latency, long samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        return samples == 0 ? Empty : new LatencyHistogram(IndexOf(latency), [samples]);
    }

    /// <summary>The samples of both.</summary>
    public LatencyHistogram Merge(LatencyHistogram other)
    {
        if (other.Count == 0) return this;
        if (Count == 0) return other;
        var first = Math.Min(FirstBucket, other.FirstBucket);
        var counts = new long[Math.Max(EndBucket, other.EndBucket) - first];
        _counts.CopyTo(counts, FirstBucket - first);
        Add(counts.AsSpan(other.FirstBucket - first), other._counts);
        return new LatencyHistogram(first, counts);
    }

    /// <summary>The samples of all <paramref name="histograms"/>.</summary>
    public static LatencyHistogram Sum(IEnumerable<LatencyHistogram> histograms)
    {
        ArgumentNullException.ThrowIfNull(histograms);
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        foreach (var histogram in histograms) histogram.AddTo(counts);
        return FromRange(0, counts);
    }

    /// <summary>Adds each bucket's samples to <paramref name="counts"/>, which has one element per bucket of the layout.</summary>
    public void AddTo(Span<long> counts) => Add(counts[FirstBucket..], _counts);

    /// <summary>
    /// The samples since <paramref name="earlier"/>, both read from the same growing counters; null when a count went down, which means
    /// that the two are not of one epoch.
    /// </summary>
    public LatencyHistogram? Since(LatencyHistogram earlier)
    {
        if (earlier.Count == 0) return this;
        if (ReferenceEquals(earlier, this)) return Empty;
        if (earlier.FirstBucket < FirstBucket || earlier.EndBucket > EndBucket) return null;
        Span<long> counts = stackalloc long[_counts.Length];
        _counts.CopyTo(counts);
        var common = counts[(earlier.FirstBucket - FirstBucket)..];
        for (var i = 0; i < earlier._counts.Length; i++)
            if ((common[i] -= earlier._counts[i]) < 0)
                return null;
        return FromRange(FirstBucket, counts);
    }

    /// <summary>
    /// <paramref name="other"/> where it has the same samples, else this: whoever keeps histograms of an endpoint that had no traffic
    /// between them keeps one.
    /// </summary>
    public LatencyHistogram SharedWith(LatencyHistogram other) =>
        FirstBucket == other.FirstBucket && _counts.AsSpan().SequenceEqual(other._counts) ? other : this;

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
        var (at, below) = rank * 2 <= Count ? FindFromStart(rank) : FindFromEnd(rank);
        return Inside(FirstBucket + at, (rank - below) / _counts[at]);
    }

    /// <summary>The mean, each sample taken in the middle of its bucket. Null without samples.</summary>
    public TimeSpan? Mean()
    {
        if (Count == 0) return null;
        var sum = 0.0;
        for (var i = 0; i < _counts.Length; i++)
            sum += _counts[i] * HistogramLayout.Middle(FirstBucket + i);
        return TimeSpan.FromTicks((long)(sum / Count / TimeSpan.NanosecondsPerTick));
    }

    /// <summary>Samples that are certain to be longer than <paramref name="limit"/>: those of its own bucket are not.</summary>
    internal long CountAbove(TimeSpan limit)
    {
        var samples = 0L;
        for (var i = Math.Max(0, IndexOf(limit) + 1 - FirstBucket); i < _counts.Length; i++) samples += _counts[i];
        return samples;
    }

    private static int IndexOf(TimeSpan latency) => HistogramLayout.IndexOf(latency.Ticks * TimeSpan.NanosecondsPerTick);

    private static void Add(Span<long> sums, ReadOnlySpan<long> counts)
    {
        var same = sums[..counts.Length];
        for (var i = 0; i < counts.Length; i++) same[i] += counts[i];
    }

    /// <summary>The first count up to whose end there are <paramref name="rank"/> samples, and how many lie below it.</summary>
    private (int At, long Below) FindFromStart(double rank)
    {
        var (at, samples) = (0, _counts[0]);
        while (samples < rank) samples += _counts[++at];
        return (at, samples - _counts[at]);
    }

    /// <summary>The same for a rank above zero; a high quantile is near the end.</summary>
    private (int At, long Below) FindFromEnd(double rank)
    {
        var (at, below) = (_counts.Length - 1, Count - _counts[^1]);
        while (below >= rank) below -= _counts[--at];
        return (at, below);
    }

    private static TimeSpan Inside(int bucket, double fraction)
    {
        var lower = HistogramLayout.LowerBound(bucket);
        var nanoseconds = lower + ((HistogramLayout.UpperBound(bucket) - lower) * fraction);
        return TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
    }
}
