using System.Text;

namespace Aviator.Simulation;

/// <summary>The tables of docs/simulation.md: the scenarios, and the mean p99 of each arm with the share that failed.</summary>
internal static class MarkdownTable
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

    private static string Cell(ScenarioResult result, int arm)
    {
        var (p99, failed) = (result.Of(arm, figures => figures.P99).Mean, result.Of(arm, figures => figures.Failed).Mean);
        return failed < 0.00005 ? $"{p99:0}" : $"{p99:0} ({failed * 100:0.00} %)";
    }
}
