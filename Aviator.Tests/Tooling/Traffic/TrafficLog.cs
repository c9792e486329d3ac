namespace Aviator.Tests.Tooling.Traffic;

/// <summary>Every request that ended, in the order of its end. Bounded by the generator's own limits.</summary>
internal sealed class TrafficLog
{
    private readonly Lock _lock = new();
    private readonly List<RequestOutcome> _outcomes = [];

    /// <summary>Appends one.</summary>
    public void Add(RequestOutcome outcome)
    {
        lock (_lock) _outcomes.Add(outcome);
    }

    /// <summary>Those sent from <paramref name="from"/> on and before <paramref name="to"/>.</summary>
    public TrafficSnapshot Snapshot(TimeSpan from, TimeSpan to)
    {
        lock (_lock)
        {
            // Ends are nearly sorted by start; what ended before `from` was sent before it, so the scan goes back from the end only that
            // far.
            var first = _outcomes.Count;
            while (first > 0 && _outcomes[first - 1].EndedAt >= from) first--;
            return new TrafficSnapshot([.. _outcomes.Skip(first).Where(o => o.StartedAt >= from && o.StartedAt < to)]);
        }
    }
}
