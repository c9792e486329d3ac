namespace Aviator.Core.Decisions;

/// <summary>How many endpoints a mode wants.</summary>
internal static class SelectionTarget
{
    /// <summary>
    /// The number wanted of <paramref name="ready"/> endpoints, never below spec.safety.minEndpoints while that many are ready.
    /// Threshold mode wants every acceptable one; its number here is only the least.
    /// </summary>
    public static int Of(PolicySettings settings, int ready)
    {
        var wanted = settings.Selection.Mode switch
        {
            SelectionMode.TopN => settings.Selection.TopN,
            SelectionMode.Percentage => (int)((((long)ready * settings.Selection.Percentage) + 99) / 100),
            _ => 1,
        };
        return Math.Min(ready, Math.Max(wanted, settings.Safety.MinEndpoints));
    }
}
