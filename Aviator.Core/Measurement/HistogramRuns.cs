namespace Aviator.Core.Measurement;

/// <summary>
/// A histogram in bytes: the number of runs of filled buckets, then for each run the empty buckets before it, its length, and its counts.
/// A busy endpoint fills neighbouring buckets, so the positions cost next to nothing.
/// </summary>
internal static class HistogramRuns
{
    /// <summary>Writes the histogram.</summary>
    public static void Write(ByteWriter output, LatencyHistogram histogram)
    {
        var counts = histogram.FilledCounts;
        output.Number(Runs(counts));
        for (int at = 0, end = -histogram.FirstBucket; Next(counts, ref at); end = at)
        {
            output.Number(at - end);
            var length = Length(counts, at);
            output.Number(length);
            foreach (var count in counts.Slice(at, length)) output.Number(count);
            at += length;
        }
    }

    /// <summary>Reads a histogram.</summary>
    /// <exception cref="FormatException">A run lies outside the layout, or the samples are more than can be counted.</exception>
    public static LatencyHistogram Read(ref ByteReader input)
    {
        var runs = input.Number(HistogramLayout.BucketCount);
        if (runs == 0) return LatencyHistogram.Empty;
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        var (at, total) = (0, 0UL);
        for (; runs > 0; runs--)
        {
            at += (int)input.Number(counts.Length - at);
            var length = (int)input.Number(counts.Length - at);
            for (var end = at + length; at < end; at++) total = Sum(total, counts[at] = input.Number());
        }

        return LatencyHistogram.FromCounts(counts);
    }

    private static ulong Sum(ulong total, long count) =>
        total + (ulong)count <= long.MaxValue
            ? total + (ulong)count
            : throw new FormatException("a histogram has more samples than can be counted");

    private static int Runs(ReadOnlySpan<long> counts)
    {
        var runs = 0;
        for (var at = 0; Next(counts, ref at); at += Length(counts, at)) runs++;
        return runs;
    }

    /// <summary>Moves on to the next filled bucket; false when there is none.</summary>
    private static bool Next(ReadOnlySpan<long> counts, ref int at)
    {
        while (at < counts.Length && counts[at] == 0) at++;
        return at < counts.Length;
    }

    private static int Length(ReadOnlySpan<long> counts, int start)
    {
        var end = start;
        while (end < counts.Length && counts[end] != 0) end++;
        return end - start;
    }
}
