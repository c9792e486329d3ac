using Aviator.Controller.Events;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Boards;

/// <summary>Puts what a decision changed into entries of the timeline. Pure.</summary>
internal static class DecisionEntries
{
    /// <summary>One entry for each endpoint whose standing changed; what the breaker did says more than that it went in or out.</summary>
    public static IEnumerable<DecisionEntry> Of(DecisionChange change, long atMs)
    {
        var byBreaker = change.Ejected.Concat(change.Readmitted).Select(row => row.Key).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Entries(change.Admitted.Where(row => !byBreaker.Contains(row.Key)), "Admitted", atMs),
            .. Entries(change.Readmitted, "Readmitted", atMs),
            .. Entries(change.Excluded.Where(row => !byBreaker.Contains(row.Key)), "Excluded", atMs),
            .. Entries(change.Ejected, "Ejected", atMs),
        ];
    }

    private static IEnumerable<DecisionEntry> Entries(IEnumerable<EndpointRow> rows, string kind, long atMs) =>
        rows.Select(row => new DecisionEntry(atMs, row.Name, kind, row.Reason));
}
