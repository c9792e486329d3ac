namespace Aviator.Simulation;

/// <summary>Every arm of every scenario by every seed. The results are in the order of the lists, however the work was spread.</summary>
internal static class SimulationRun
{
    /// <summary>Runs them.</summary>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="arms">The arms; the first says what is undisturbed.</param>
    /// <param name="seeds">Seeds 1 to this number.</param>
    /// <param name="threads">Runs at the same time.</param>
    /// <param name="told">Hears of each scenario that is done, and of how many are left.</param>
    public static IReadOnlyList<ScenarioResult> Play(
        IReadOnlyList<ScenarioDefinition> scenarios, IReadOnlyList<Arm> arms, int seeds, int threads, Action<string, int>? told = null)
    {
        var figures = scenarios.Select(_ => new RunFigures[seeds][]).ToArray();
        var left = scenarios.Select(_ => seeds).ToArray();
        var open = scenarios.Count;
        Parallel.For(0, scenarios.Count * seeds, new ParallelOptions { MaxDegreeOfParallelism = threads }, job =>
        {
            var (scenario, seed) = (job / seeds, job % seeds);
            figures[scenario][seed] = Play(scenarios[scenario], arms, seed + 1);
            if (Interlocked.Decrement(ref left[scenario]) == 0) told?.Invoke(scenarios[scenario].Name, Interlocked.Decrement(ref open));
        });
        return [.. scenarios.Select((scenario, i) => new ScenarioResult(scenario, arms, figures[i]))];
    }

    private static RunFigures[] Play(ScenarioDefinition scenario, IReadOnlyList<Arm> arms, int seed)
    {
        var figures = new RunFigures[arms.Count];
        for (var arm = 0; arm < arms.Count; arm++)
            figures[arm] = scenario.Run(arms[arm], seed, arm == 0 ? null : figures[0].UndisturbedP99);
        return figures;
    }
}
