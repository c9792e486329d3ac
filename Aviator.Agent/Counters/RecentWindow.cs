using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>
/// The last seconds of one endpoint, for people. A ring of differences, each sparse (only the buckets that grew), so that a busy endpoint
/// takes a few kilobytes and an idle one nothing. Not thread-safe; its owner locks.
/// </summary>
/// <param name="span">How far back it reaches.</param>
/// <param name="capacity">The most slots it keeps, whatever the clock says; the oldest gives way.</param>
internal sealed class RecentWindow(TimeSpan span, int capacity)
{
    private readonly Queue<Slot> _slots = new();

    /// <summary>
    /// Adds what happened between two moments. <paramref name="start"/> and <paramref name="end"/> are on the caller's monotonic clock.
    /// A slot that lasted long because the process was held up is kept whole: the window is then longer than its span, and says so.
    /// </summary>
    public void Add(LatencyHistogram latency, long errors, long unmeasured, TimeSpan start, TimeSpan end)
    {
        Expire(end);
        if (latency.Count > 0 || errors > 0 || unmeasured > 0) Enqueue(new Slot(start, end, SparseCounts.Of(latency), errors, unmeasured));
    }

    /// <summary>Adds one sample, or one failure where <paramref name="latency"/> is null.</summary>
    public void Add(TimeSpan? latency, TimeSpan now)
    {
        Expire(now);
        Enqueue(new Slot(now, now, latency is { } sample ? SparseCounts.Single(sample) : SparseCounts.None, latency is null ? 1 : 0, 0));
    }

    /// <summary>Sums up the window as of <paramref name="now"/>; <paramref name="age"/> is how long the endpoint has been known.</summary>
    public WindowSummary Summarise(TimeSpan now, TimeSpan age)
    {
        Expire(now);
        var seconds = age < span ? age : span;
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        var (errors, unmeasured) = (0L, 0L);
        foreach (var slot in _slots)
        {
            slot.Counts.AddTo(counts);
            errors += slot.Errors;
            unmeasured += slot.Unmeasured;
            if (now - slot.Start > seconds) seconds = now - slot.Start;
        }

        var latency = LatencyHistogram.FromCounts(counts);
        var seen = latency.Count + unmeasured;
        return new WindowSummary
        {
            Seconds = Math.Round(seconds.TotalSeconds, 3),
            Count = latency.Count,
            Errors = errors,
            P50Ms = Milliseconds(latency.Quantile(0.50)),
            P99Ms = Milliseconds(latency.Quantile(0.99)),
            Coverage = seen == 0 ? null : Math.Round((double)latency.Count / seen, 4),
        };
    }

    private static double? Milliseconds(TimeSpan? value) => value is { } latency ? Math.Round(latency.TotalMilliseconds, 3) : null;

    private void Enqueue(Slot slot)
    {
        if (_slots.Count >= capacity) _slots.Dequeue();
        _slots.Enqueue(slot);
    }

    private void Expire(TimeSpan now)
    {
        while (_slots.TryPeek(out var oldest) && now - oldest.End >= span) _slots.Dequeue();
    }

    private sealed record Slot(TimeSpan Start, TimeSpan End, SparseCounts Counts, long Errors, long Unmeasured);
}
