namespace Aviator.Core.Decisions.Selection;

/// <summary>topN: the best N endpoints.</summary>
internal sealed class TopNSelection : RankedSelection
{
    public override string Name => "topN";

    public override int CountWanted(PolicySettings settings, int ready) => settings.Selection.TopN;
}
