using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>
/// The last seconds of one endpoint, for people. A ring of differences, each sparse (only the buckets that grew), so that a busy endpoint
/// takes a few kilobytes and an idle one nothing. Not thread-safe; its owner locks.
/// </summary>
/// <param name="span">How far back it reaches.</param>
/// <param name="grain">A slot takes in what follows until it spans as much, so that frequent reads do not make many slots.</param>
/// <param name="capacity">The most slots it keeps, whatever the clock says; the oldest gives way.</param>
internal sealed class RecentWindow(TimeSpan span, TimeSpan grain, int capacity)
{
    private readonly Queue<Slot> _slots = new();
    private Slot? _newest;

    /// <summary>
    /// Adds what happened between two moments. <paramref name="start"/> and <paramref name="end"/> are on the caller's monotonic clock.
    /// A slot that lasted long because the process was held up is kept whole: the window is then longer than its span, and says so.
    /// </summary>
    public void Add(LatencyHistogram latency, long errors, long unmeasured, TimeSpan start, TimeSpan end)
    {
        Expire(end);
        if (latency.Count > 0 || errors > 0 || unmeasured > 0) Take(new Slot(start, end, SparseCounts.Of(latency), errors, unmeasured));
    }

    /// <summary>Adds one sample, or one failure where <paramref name="latency"/> is null.</summary>
    public void Add(TimeSpan? latency, TimeSpan now)
    {
        Expire(now);
        Take(new Slot(now, now, latency is { } sample ? SparseCounts.Single(sample) : SparseCounts.None, latency is null ? 1 : 0, 0));
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

    private void Take(Slot slot)
    {
        if (_slots.Count > 0 && _newest is { } last && slot.End - last.Start <= grain)
        {
            last.Add(slot);
            return;
        }

        if (_slots.Count >= capacity) _slots.Dequeue();
        _slots.Enqueue(_newest = slot);
    }

    private void Expire(TimeSpan now)
    {
        while (_slots.TryPeek(out var oldest) && now - oldest.End >= span) _slots.Dequeue();
    }

    private sealed class Slot(TimeSpan start, TimeSpan end, SparseCounts counts, long errors, long unmeasured)
    {
        public TimeSpan Start { get; } = start;

        public TimeSpan End { get; private set; } = end;

        public SparseCounts Counts { get; private set; } = counts;

        public long Errors { get; private set; } = errors;

        public long Unmeasured { get; private set; } = unmeasured;

        public void Add(Slot later)
        {
            (End, Counts) = (later.End, Counts.Plus(later.Counts));
            (Errors, Unmeasured) = (Errors + later.Errors, Unmeasured + later.Unmeasured);
        }
    }
}
