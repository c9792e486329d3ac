using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Core;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Rebuilds what a decision goes on from, where nothing stored it: the selection from the slices as they are, and what the policy's own status
/// says of the pods it lists (ejected ones come first in it). So a restart alone changes nothing. Pure.
/// </summary>
internal static class Restoration
{
    /// <summary>The state that stands for what is in place.</summary>
    /// <param name="published">The decision that the slices carry out.</param>
    /// <param name="status">The policy's status as written last.</param>
    /// <param name="names">The pods' names by UID.</param>
    /// <param name="settings">For how long an ejected pod stays out at first.</param>
    /// <param name="now">Monotonic time.</param>
    public static PolicyState From(Decision published, AviatorPolicyStatus? status, IReadOnlyDictionary<string, string> names, PolicySettings settings, TimeSpan now)
    {
        var selected = published.Endpoints.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key).ToHashSet(StringComparer.Ordinal);
        var state = PolicyState.FromSelection(selected, published.Endpoints.Keys);
        var rows = (status?.PodLatencies ?? []).GroupBy(row => row.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var known = state.Endpoints.ToBuilder();
        foreach (var (key, record) in state.Endpoints)
        {
            if (!names.TryGetValue(key, out var name) || !rows.TryGetValue(name, out var row)) continue;
            known[key] = record with
            {
                Verdict = row is { P50: { } p50, P99: { } p99 } ? new Verdict(TimeSpan.FromMilliseconds(p50), TimeSpan.FromMilliseconds(p99), row.Samples, now) : null,
                Breaker = row.State == nameof(EndpointState.Ejected) && settings.Breaker.Enabled
                    ? new BreakerRecord(BreakerPhase.Open, 0, 0, now + settings.Breaker.RecoveryInterval)
                    : record.Breaker,
            };
        }

        return state with { Endpoints = known.ToImmutable() };
    }

    /// <summary>The decision in place, with the pods that are ejected told from those that merely rank too low: so that they are no news.</summary>
    public static Decision Recall(Decision published, PolicyState state) => new(published.Endpoints.Values
        .Select(verdict => state.Endpoints.TryGetValue(verdict.Key, out var known) && known.Breaker.Phase != BreakerPhase.Closed ? verdict with { State = EndpointState.Ejected } : verdict)
        .ToDictionary(verdict => verdict.Key, StringComparer.Ordinal));
}
