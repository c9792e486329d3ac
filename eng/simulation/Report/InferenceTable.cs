using System.Text;

namespace Aviator.Simulation;

/// <summary>The tables of docs/inference.md: the time to the first token of each arm, median and p99, and the scenarios.</summary>
internal static class InferenceTable
{
    public static string Write(IReadOnlyList<ScenarioResult> results)
    {
        var arms = results[0].Arms;
        var text = new StringBuilder("| scenario | ");
        text.AppendJoin(" | ", arms.Select(arm => arm.Name)).Append(" |\n|---|");
        text.Insert(text.Length, "---:|", arms.Count).Append('\n');
        foreach (var result in results)
        {
            text.Append("| ").Append(result.Scenario.Name).Append(" | ");
            text.AppendJoin(" | ", arms.Select((_, arm) => Cell(result, arm))).Append(" |\n");
        }

        text.Append("\n| scenario | what happens |\n|---|---|\n");
        foreach (var result in results) text.Append($"| {result.Scenario.Name} | {result.Scenario.Description} |\n");
        return text.ToString();
    }

    private static string Cell(ScenarioResult result, int arm) =>
        $"{Seconds(result.Of(arm, figures => figures.P50).Mean)} / {Seconds(result.Of(arm, figures => figures.P99).Mean)}";

    private static string Seconds(double milliseconds) => FormattableString.Invariant($"{milliseconds / 1000:0.00}");
}
