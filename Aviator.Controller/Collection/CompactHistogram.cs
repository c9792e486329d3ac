using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>A cumulative histogram without its empty buckets: a ring holds dozens of each endpoint, and most buckets are empty.</summary>
internal sealed class CompactHistogram
{
    private readonly (short Bucket, long Count)[] _filled;

    private CompactHistogram((short Bucket, long Count)[] filled) => _filled = filled;

    /// <summary>No samples.</summary>
    public static CompactHistogram Empty { get; } = new([]);

    /// <summary>The filled buckets of <paramref name="latency"/>.</summary>
    public static CompactHistogram Of(LatencyHistogram latency)
    {
        if (latency.Count == 0) return Empty;
        var filled = new List<(short, long)>();
        for (var i = 0; i < latency.Counts.Length; i++)
            if (latency.Counts[i] != 0)
                filled.Add(((short)i, latency.Counts[i]));
        return new CompactHistogram([.. filled]);
    }

    /// <summary>The samples since <paramref name="earlier"/>, by bucket; null when a count went down.</summary>
    public long[]? Since(CompactHistogram earlier)
    {
        var counts = new long[HistogramLayout.BucketCount];
        foreach (var (bucket, count) in _filled) counts[bucket] = count;
        foreach (var (bucket, count) in earlier._filled)
            if ((counts[bucket] -= count) < 0)
                return null;
        return counts;
    }
}
