namespace Aviator.Simulation;

/// <summary>
/// The tables of docs/autoscaling.md: the pods at the end and the p99 of each arm, with the share that failed, and the scenarios.
/// </summary>
internal static class AutoscalingTable
{
    public static string Write(IReadOnlyList<ScenarioResult> results) => ScenarioTable.Write(results, Cell);

    private static string Cell(ScenarioResult result, int arm) => FormattableString.Invariant(
        $"{result.Of(arm, figures => figures.Pods).Mean:0.0}: {MarkdownTable.Cell(result, arm)}");
}
