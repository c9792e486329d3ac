namespace Aviator.Simulation;

/// <summary>Every scenario of the report, in its order.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<ScenarioDefinition> All { get; } =
        [.. PublishedScenarios.All, .. SlowPodScenarios.All, .. LoadScenarios.All, .. FaultScenarios.All, .. FleetScenarios.All];
}
