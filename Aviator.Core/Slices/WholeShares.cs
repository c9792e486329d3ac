using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>
/// A decision with weights as slices can carry it out, which know a full share and none. Pure. Whoever is in use is in, with whatever
/// weight: a smaller one is a preference, and the load was weighed against all of them. One on trial is not in use yet: it is in once it is
/// to have half of a full share, and until then the traffic that goes by the slices is spared it.
/// </summary>
internal static class WholeShares
{
    private const double LeastOnTrial = 0.5;

    /// <summary>The decision for slices; the same object where nothing of it changes.</summary>
    public static Decision Of(Decision decision) => decision.Endpoints.Values.Any(IsSpared)
        ? new(decision.Endpoints.ToDictionary(
            entry => entry.Key, entry => IsSpared(entry.Value) ? entry.Value with { Weight = 0 } : entry.Value, StringComparer.Ordinal))
        : decision;

    private static bool IsSpared(EndpointDecision verdict) => verdict is { State: EndpointState.Trial, Weight: > 0 and < LeastOnTrial };
}
