using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Rebuilds what a decision starts from, if nothing stored it: selection and breakers from the slices as they are, and the rest from what
/// the policy's own status says of the pods it lists (ejected ones come first in it). So a restart alone changes nothing. Pure.
/// </summary>
internal static class Restoration
{
    /// <summary>The state that stands for what is in place.</summary>
    /// <param name="published">The decision that the slices carry out.</param>
    /// <param name="status">The policy's status as written last.</param>
    /// <param name="names">The pods' names by UID.</param>
    /// <param name="settings">For how long an ejected pod stays out at first.</param>
    /// <param name="now">Monotonic time.</param>
    public static PolicyState From(
        Decision published, AviatorPolicyStatus? status, IReadOnlyDictionary<string, string> names, PolicySettings settings, TimeSpan now)
    {
        var selected = published.Endpoints.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key);
        var state = PolicyState.FromSelection(selected.ToHashSet(StringComparer.Ordinal), published.Endpoints.Keys);
        var rows = (status?.PodLatencies ?? []).GroupBy(row => row.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var known = new Dictionary<string, EndpointRecord>(state.Endpoints, StringComparer.Ordinal);
        foreach (var (key, record) in state.Endpoints)
        {
            var row = names.TryGetValue(key, out var name) ? rows.GetValueOrDefault(name) : null;
            var mark = published.Endpoints[key].Breaker;
            if (mark == default && row?.State == nameof(EndpointState.Ejected)) mark = new(BreakerPhase.Open, 0);
            known[key] = WithBreaker(record, mark, settings, now) with
            {
                Verdict = row is { P50: { } p50, P99: { } p99 }
                    ? new Verdict(TimeSpan.FromMilliseconds(p50), TimeSpan.FromMilliseconds(p99), row.Samples, now)
                    : null,
            };
        }

        return state with { Endpoints = EndpointRecordDictionary.From(known) };
    }

    /// <summary>
    /// A stored state brought in line with what is in place. Slices are written before states are stored, so where the two differ the store
    /// has missed the last writes, and what is in place is newer. Where they agree the state is left as it is.
    /// </summary>
    /// <param name="stored">The state as loaded.</param>
    /// <param name="published">The decision that the slices carry out, of a Service that is steered.</param>
    /// <param name="settings">For how long an ejected pod stays out.</param>
    /// <param name="now">Monotonic time.</param>
    public static PolicyState Reconcile(PolicyState stored, Decision published, PolicySettings settings, TimeSpan now)
    {
        var known = new Dictionary<string, EndpointRecord>(stored.Endpoints, StringComparer.Ordinal);
        foreach (var (key, verdict) in published.Endpoints)
        {
            var admitted = verdict.Weight > 0;
            if (!stored.Endpoints.TryGetValue(key, out var record))
            {
                // One that gets traffic may be new; one that gets none was decided against.
                if (admitted) continue;
                record = new EndpointRecord { Measured = true };
            }

            if (BreakerMark.FromRecord(record.Breaker) != verdict.Breaker)
                record = WithBreaker(record with { Admitted = admitted && verdict.Breaker == default }, verdict.Breaker, settings, now);
            else if (record.Admitted && !admitted)
                record = record with { Admitted = false };
            known[key] = record;
        }

        return stored with { Endpoints = EndpointRecordDictionary.From(known) };
    }

    /// <summary>
    /// The decision in place, with ejected pods marked apart from those that merely rank too low, so that they are not reported as a
    /// change.
    /// </summary>
    public static Decision Recall(Decision published, PolicyState state) => new(published.Endpoints.Values
        .Select(verdict => IsEjected(verdict.Key, state) ? verdict with { State = EndpointState.Ejected } : verdict)
        .ToDictionary(verdict => verdict.Key, StringComparer.Ordinal));

    /// <summary>The decision that a stored state left in force: who was out stays out until the next one.</summary>
    public static Decision Remembered(PolicyState state) => new(state.Endpoints
        .ToDictionary(entry => entry.Key, entry => Remembered(entry.Key, entry.Value), StringComparer.Ordinal));

    private static EndpointDecision Remembered(string key, EndpointRecord record)
    {
        var inUse = record.HeldInUse || (record.Admitted && record.Breaker.Phase == BreakerPhase.Closed);
        var verdict = inUse ? new EndpointDecision(key, record.Weight, EndpointState.Selected, "selected: as stored before the restart")
            : record.Breaker.Phase == BreakerPhase.Closed
                ? new EndpointDecision(key, 0, EndpointState.Unselected, "unselected: as stored before the restart")
                : new EndpointDecision(key, 0, EndpointState.Ejected, "ejected: as stored before the restart");
        return verdict with { Breaker = BreakerMark.FromRecord(record.Breaker) };
    }

    private static bool IsEjected(string key, PolicyState state) =>
        state.Endpoints.TryGetValue(key, out var known) && known.Breaker.Phase != BreakerPhase.Closed;

    /// <summary>
    /// A HalfOpen breaker judges by samples that are newer than the moment it opened; after a restart that moment is now.
    /// </summary>
    private static EndpointRecord WithBreaker(EndpointRecord record, BreakerMark mark, PolicySettings settings, TimeSpan now)
    {
        if (mark == default) return record with { Breaker = default };
        var from = mark.Phase == BreakerPhase.HalfOpen ? now : record.EvidenceFrom;
        return record with { Breaker = mark.Restore(settings, now), EvidenceFrom = from };
    }
}
