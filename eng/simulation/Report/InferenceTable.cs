namespace Aviator.Simulation;

/// <summary>The tables of docs/inference.md: the time to the first token of each arm, median and p99, and the scenarios.</summary>
internal static class InferenceTable
{
    public static string Write(IReadOnlyList<ScenarioResult> results) => ScenarioTable.Write(results, Cell);

    private static string Cell(ScenarioResult result, int arm) =>
        $"{Seconds(result.Of(arm, figures => figures.P50).Mean)} / {Seconds(result.Of(arm, figures => figures.P99).Mean)}";

    private static string Seconds(double milliseconds) => FormattableString.Invariant($"{milliseconds / 1000:0.00}");
}
