namespace Aviator.Simulation;

/// <summary>What a scenario came to.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Arms">The arms.</param>
/// <param name="Figures">By seed, then by arm.</param>
internal sealed record ScenarioResult(ScenarioDefinition Scenario, IReadOnlyList<Arm> Arms, RunFigures[][] Figures)
{
    /// <summary>One figure of one arm over the seeds.</summary>
    public Spread Of(int arm, Func<RunFigures, double> figure) => Spread.Of(Figures.Select(seed => figure(seed[arm])));

    /// <summary>
    /// Where Aviator did worse than all in use, seed by seed: in a steady state the p99 by over 5 %, else by over 1 % more answers that
    /// fail or are slow; and always more failures. Where over 1 % fail without it that do not with it, the p99 of the others says nothing.
    /// </summary>
    public IEnumerable<string> Harm()
    {
        var standard = Arms.ToList().IndexOf(Arm.AllInUse);
        return
            from seed in Enumerable.Range(0, Figures.Length)
            from arm in Enumerable.Range(0, Arms.Count)
            where Arms[arm].Mode is not null
            from harm in Judge(Figures[seed][arm], Figures[seed][standard])
            select $"{Scenario.Name}, seed {seed + 1}, {Arms[arm].Name}: {harm}";
    }

    private IEnumerable<string> Judge(RunFigures with, RunFigures without)
    {
        if (with.P99 > (without.P99 * 1.05) + 0.5 && without.Failed <= with.Failed + 0.01)
        {
            var when = Scenario.IsSteady ? "steady state" : "not a steady state";
            yield return $"p99 {with.P99:0.0} ms, all in use {without.P99:0.0} ms ({when})";
        }

        if (with.Failed > without.Failed + 0.001) yield return $"failed {with.Failed:P2}, all in use {without.Failed:P2}";
        if (with.Failed + with.Slow > without.Failed + without.Slow + 0.01)
            yield return $"failed or slow {with.Failed + with.Slow:P2}, all in use {without.Failed + without.Slow:P2}";
    }
}

/// <summary>Mean, least and most over the seeds.</summary>
internal readonly record struct Spread(double Mean, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return new Spread(all.Average(), all.Min(), all.Max());
    }
}
