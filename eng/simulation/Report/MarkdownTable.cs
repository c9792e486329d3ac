namespace Aviator.Simulation;

/// <summary>The tables of docs/simulation.md: the scenarios, and the mean p99 of each arm with the share that failed.</summary>
internal static class MarkdownTable
{
    public static string Write(IReadOnlyList<ScenarioResult> results) => ScenarioTable.Write(results, Cell);

    /// <summary>Mean p99 in milliseconds, and the share that failed where some did.</summary>
    public static string Cell(ScenarioResult result, int arm)
    {
        var (p99, failed) = (result.Of(arm, figures => figures.P99).Mean, result.Of(arm, figures => figures.Failed).Mean);
        return failed < 0.00005 ? $"{p99:0}" : $"{p99:0} ({failed * 100:0.00} %)";
    }
}
