using Aviator.Core.Decisions;

namespace Aviator.Controller.Events;

/// <summary>What a decision changed. Pure.</summary>
/// <param name="Admitted">Names of endpoints that get traffic again, or for the first time by a decision, with reasons.</param>
/// <param name="Excluded">Names of endpoints that no longer get traffic, with reasons.</param>
/// <param name="Ejected">Those of them that the breaker took out.</param>
/// <param name="Readmitted">Endpoints that were ejected and passed their trial.</param>
internal sealed record DecisionChange(
    IReadOnlyList<EndpointRow> Admitted,
    IReadOnlyList<EndpointRow> Excluded,
    IReadOnlyList<EndpointRow> Ejected,
    IReadOnlyList<EndpointRow> Readmitted)
{
    /// <summary>Whether traffic moves between endpoints that were there before.</summary>
    public bool Any => Admitted.Count + Excluded.Count + Ejected.Count + Readmitted.Count > 0;

    /// <summary>
    /// Compares a decision with the one before it; endpoints that only one of them knows came or went by themselves and do not count.
    /// </summary>
    /// <param name="before">The one before; null for the first.</param>
    /// <param name="after">What was decided.</param>
    /// <param name="fromAll">Whether every endpoint got traffic before the first decision, so that what it excludes is a change.</param>
    public static DecisionChange Between(Decision? before, PolicyOutcome after, bool fromAll = false)
    {
        List<EndpointRow> admitted = [], excluded = [], ejected = [], readmitted = [];
        foreach (var row in after.Summary.Rows)
        {
            var old = before is null && fromAll
                ? new EndpointDecision(row.Key, 1, EndpointState.Selected, "")
                : before?.Endpoints.GetValueOrDefault(row.Key);
            if (old is null) continue;
            if (row.Selected && old.Weight <= 0) admitted.Add(row);
            if (!row.Selected && old.Weight > 0) excluded.Add(row);
            var (wasOut, isOut) = (old.State == EndpointState.Ejected, row.State == EndpointState.Ejected);
            if (isOut && !wasOut && old.State != EndpointState.Trial) ejected.Add(row);
            if (row.Selected && row.State is EndpointState.Selected && old.State is EndpointState.Trial or EndpointState.Ejected)
                readmitted.Add(row);
        }

        return new(admitted, excluded, ejected, readmitted);
    }
}
