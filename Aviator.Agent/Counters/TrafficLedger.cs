using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>
/// Keeps the kernel's counters per endpoint: turns rows by address and port into rows by pod, so that a pod that got another's address
/// starts at zero. Holds the planned endpoints only, so its memory is bounded by the node's pods. One writer (the reading loop), any number
/// of readers.
/// </summary>
internal sealed class TrafficLedger(TimeProvider time, TimeSpan subWindow)
{
    /// <summary>How far back people see.</summary>
    public static readonly TimeSpan RecentSpan = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<EndpointAddress, EndpointTrack> _tracks = [];
    private readonly int _slots = (int)(RecentSpan / subWindow) + 1;
    private TimeSpan _lastRead;

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>
    /// Takes one read of the kernel's counters under the plan it was made for. Endpoints that left the plan are forgotten; an endpoint that
    /// is new at its address, or whose address went to another pod, starts at what the kernel shows now.
    /// </summary>
    public ReadTotals Record(InterestPlan plan, IReadOnlyList<KernelEndpointCounters> rows)
    {
        var byKey = new Dictionary<EndpointAddress, KernelEndpointCounters>(rows.Count);
        foreach (var row in rows) byKey[EndpointAddress.Of(row.Address, row.Port)] = row;
        lock (_gate)
        {
            var now = Now;
            Reconcile(plan, byKey, now);
            var totals = default(ReadTotals);
            foreach (var (key, track) in _tracks) totals = Advance(track, byKey.GetValueOrDefault(key), totals, now);
            _lastRead = now;
            return totals;
        }
    }

    /// <summary>The endpoints' traffic, in the plan's order.</summary>
    public IReadOnlyList<TrafficState> Read(InterestPlan plan)
    {
        lock (_gate)
        {
            var now = Now;
            var states = new List<TrafficState>(plan.Endpoints.Count);
            foreach (var interest in plan.Endpoints)
                if (_tracks.TryGetValue(interest.Key, out var track) && track.Interest.PodUid == interest.PodUid)
                    states.Add(new TrafficState(
                        interest,
                        track.Chain.Total,
                        track.Row?.Rif ?? 0,
                        track.Row?.AnswersUnderWay ?? 0,
                        track.Row?.OldestInFlight ?? TimeSpan.Zero,
                        track.Row?.NetworkRtt,
                        track.Recent.Summarise(now, now - track.Since)));
            return states;
        }
    }

    /// <summary>How long no request was seen at the endpoint; null when it is not known yet.</summary>
    public TimeSpan? QuietFor(EndpointAddress key)
    {
        lock (_gate) return _tracks.TryGetValue(key, out var track) ? Now - track.LastRequest : null;
    }

    private void Reconcile(InterestPlan plan, Dictionary<EndpointAddress, KernelEndpointCounters> rows, TimeSpan now)
    {
        var planned = new HashSet<EndpointAddress>(plan.Endpoints.Count);
        foreach (var interest in plan.Endpoints)
        {
            planned.Add(interest.Key);
            if (_tracks.TryGetValue(interest.Key, out var track) && track.Interest.PodUid == interest.PodUid)
                track.Interest = interest;
            else
                _tracks[interest.Key] = new EndpointTrack(
                    interest, new CounterChain(rows.GetValueOrDefault(interest.Key)?.Traffic ?? EndpointCounters.Zero),
                    new RecentWindow(RecentSpan, subWindow, _slots), now);
        }

        foreach (var key in _tracks.Keys)
            if (!planned.Contains(key))
                _tracks.Remove(key);
    }

    private ReadTotals Advance(EndpointTrack track, KernelEndpointCounters? row, ReadTotals totals, TimeSpan now)
    {
        track.Row = row;
        if (row is null) return totals;
        var added = track.Chain.Advance(row.Traffic, out var restarted);
        if (added.Requests > 0) track.LastRequest = now;
        track.Recent.Add(added.Latency, added.ServerErrors + added.Unanswered, added.Unmeasured, _lastRead, now);
        return new ReadTotals(
            totals.Requests + added.Requests,
            totals.ServerErrors + added.ServerErrors,
            totals.Unanswered + added.Unanswered,
            totals.Unmeasured + added.Unmeasured,
            totals.Restarts + (restarted ? 1 : 0),
            totals.Rif + row.Rif,
            totals.Abandoned + added.Abandoned.Count,
            totals.Statuses + added.Statuses,
            totals.WithoutStatus + added.WithoutStatus);
    }
}
