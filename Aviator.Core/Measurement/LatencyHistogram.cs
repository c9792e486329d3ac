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

    /// <summary>The first filled bucket, and the one after the last: one endpoint's answers fill a small part of the layout.</summary>
    private readonly int _start, _end;

    private LatencyHistogram(long[] counts)
    {
        _counts = counts;
        _start = counts.AsSpan().IndexOfAnyExcept(0L);
        if (_start < 0) _start = counts.Length;
        _end = counts.AsSpan().LastIndexOfAnyExcept(0L) + 1;
        for (var i = _start; i < _end; i++) Count += counts[i];
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
        if (counts.ContainsAnyExceptInRange(0L, long.MaxValue))
            throw new ArgumentException("A bucket count is negative.", nameof(counts));
        return new LatencyHistogram(counts.ToArray());
    }

    /// <summary>Takes <paramref name="counts"/> themselves, one per bucket and none negative; nobody may change them any more.</summary>
    internal static LatencyHistogram Owning(long[] counts) => new(counts);

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
        var counts = _counts.ToArray();
        other.AddTo(counts);
        return new LatencyHistogram(counts);
    }

    /// <summary>The samples of all <paramref name="histograms"/>.</summary>
    public static LatencyHistogram Sum(IEnumerable<LatencyHistogram> histograms)
    {
        ArgumentNullException.ThrowIfNull(histograms);
        var counts = new long[HistogramLayout.BucketCount];
        foreach (var histogram in histograms) histogram.AddTo(counts);
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
        var (bucket, below) = rank * 2 <= Count ? FindFromStart(rank) : FindFromEnd(rank);
        return Inside(bucket, (rank - below) / _counts[bucket]);
    }

    /// <summary>The mean, each sample taken in the middle of its bucket. Null without samples.</summary>
    public TimeSpan? Mean()
    {
        if (Count == 0) return null;
        var sum = 0.0;
        for (var i = _start; i < _end; i++)
            sum += _counts[i] * HistogramLayout.Middle(i);
        return TimeSpan.FromTicks((long)(sum / Count / TimeSpan.NanosecondsPerTick));
    }

    /// <summary>Samples that are certain to be longer than <paramref name="limit"/>: those of its own bucket are not.</summary>
    internal long CountAbove(TimeSpan limit)
    {
        var samples = 0L;
        var first = HistogramLayout.IndexOf(limit.Ticks * TimeSpan.NanosecondsPerTick) + 1;
        for (var i = Math.Max(_start, first); i < _end; i++) samples += _counts[i];
        return samples;
    }

    private void AddTo(long[] counts)
    {
        var (own, end) = (_counts, _end);
        for (var i = _start; i < end; i++) counts[i] += own[i];
    }

    /// <summary>The first bucket up to whose end there are <paramref name="rank"/> samples, and how many lie below it.</summary>
    private (int Bucket, long Below) FindFromStart(double rank)
    {
        var (bucket, samples) = (_start, _counts[_start]);
        while (samples < rank) samples += _counts[++bucket];
        return (bucket, samples - _counts[bucket]);
    }

    /// <summary>The same for a rank above zero; a high quantile is near the end.</summary>
    private (int Bucket, long Below) FindFromEnd(double rank)
    {
        var (bucket, below) = (_end - 1, Count - _counts[_end - 1]);
        while (below >= rank) below -= _counts[--bucket];
        return (bucket, below);
    }

    private static TimeSpan Inside(int bucket, double fraction)
    {
        var lower = HistogramLayout.LowerBound(bucket);
        var nanoseconds = lower + ((HistogramLayout.UpperBound(bucket) - lower) * fraction);
        return TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
    }
}
