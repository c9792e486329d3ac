using System.Text;

namespace Aviator.Simulation;

/// <summary>Two Markdown tables: a cell for each scenario and arm, and what happens in the scenarios.</summary>
internal static class ScenarioTable
{
    /// <summary>Writes them.</summary>
    /// <param name="results">At least one result; all have the arms of the first.</param>
    /// <param name="cell">The text of a result's arm, by the arm's index.</param>
    public static string Write(IReadOnlyList<ScenarioResult> results, Func<ScenarioResult, int, string> cell)
    {
        var arms = results[0].Arms;
        var text = new StringBuilder("| scenario | ");
        text.AppendJoin(" | ", arms.Select(arm => arm.Name)).Append(" |\n|---|");
        text.Insert(text.Length, "---:|", arms.Count).Append('\n');
        foreach (var result in results)
        {
            text.Append("| ").Append(result.Scenario.Name).Append(" | ");
            text.AppendJoin(" | ", arms.Select((_, arm) => cell(result, arm))).Append(" |\n");
        }

        text.Append("\n| scenario | what happens |\n|---|---|\n");
        foreach (var result in results) text.Append($"| {result.Scenario.Name} | {result.Scenario.Description} |\n");
        return text.ToString();
    }
}
