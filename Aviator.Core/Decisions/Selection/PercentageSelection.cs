namespace Aviator.Core.Decisions.Selection;

/// <summary>percentage: the best share of the ready endpoints, rounded up.</summary>
internal sealed class PercentageSelection : RankedSelection
{
    public override string Name => "percentage";

    public override int CountWanted(PolicySettings settings, int ready) =>
        (int)((((long)ready * settings.Selection.Percentage) + 99) / 100);
}
