using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>The buckets of a histogram that hold something. Some 40 of 418 do for a second of ordinary traffic.</summary>
internal readonly struct SparseCounts
{
    private readonly (ushort Bucket, uint Count)[] _entries;

    private SparseCounts((ushort Bucket, uint Count)[] entries) => _entries = entries;

    /// <summary>The non-empty buckets of <paramref name="histogram"/>; a count above 2^32 - 1 (years in one slot) is cut to that.</summary>
    public static SparseCounts Of(LatencyHistogram histogram) =>
        Of(histogram.FirstBucket, histogram.FilledCounts);

    private static SparseCounts Of(int firstBucket, ReadOnlySpan<long> counts)
    {
        var filled = 0;
        foreach (var count in counts) filled += count > 0 ? 1 : 0;
        var entries = new (ushort, uint)[filled];
        for (int i = 0, next = 0; next < filled; i++)
            if (counts[i] > 0)
                entries[next++] = ((ushort)(firstBucket + i), (uint)Math.Min(counts[i], uint.MaxValue));
        return new SparseCounts(entries);
    }

    /// <summary>One sample.</summary>
    public static SparseCounts Single(TimeSpan latency) =>
        new([((ushort)HistogramLayout.IndexOf(latency.Ticks * TimeSpan.NanosecondsPerTick), 1)]);

    /// <summary>No sample.</summary>
    public static SparseCounts None { get; } = new([]);

    /// <summary>The sum of both.</summary>
    public SparseCounts Plus(SparseCounts other)
    {
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        AddTo(counts);
        other.AddTo(counts);
        return Of(0, counts);
    }

    /// <summary>Adds the counts to <paramref name="counts"/>, which has one element per bucket.</summary>
    public void AddTo(Span<long> counts)
    {
        foreach (var (bucket, count) in _entries) counts[bucket] += count;
    }
}
