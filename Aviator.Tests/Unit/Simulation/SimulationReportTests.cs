using Aviator.Simulation;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>The report is a function of the seeds, and the document speaks of the scenarios that there are.</summary>
public sealed class SimulationReportTests
{
    private static readonly DocumentTables Document = new("docs/simulation.md");

    private static readonly string[] Quick = ["slow pod, first minute", "low traffic"];

    [Fact]
    public void Report_SameSeeds_SameBytes()
    {
        Assert.Equal(Report(threads: 1), Report(threads: 3));

        static byte[] Report(int threads) => JsonReport.Write(SimulationRun.Play(
            [.. ScenarioList.All.Where(scenario => Quick.Contains(scenario.Name))], Arm.All, seeds: 2, threads));
    }

    [Fact]
    public void Arms_OfTheSameTraffic_GetTheSameRequests()
    {
        var scenario = ScenarioList.All.Single(scenario => scenario.Name == Quick[0]);
        Assert.Single(Arm.All.Where(arm => arm.Balancer is null).Select(arm => scenario.Run(arm, 3).Requests)
            .Distinct());
    }

    [Fact]
    public void Tables_OfTheDocument_HaveARowForEachScenarioAndNoOther()
    {
        var scenarios = ScenarioList.All.Select(scenario => scenario.Name).ToList();
        Assert.Equal(scenarios.Distinct(), scenarios);
        Assert.Equal(scenarios, Document.Rows("## Figures", "scenario"));
        Assert.Equal(scenarios, Document.Rows("## Scenarios", "scenario"));
    }

    [Fact]
    public void Columns_OfTheDocument_AreArms() =>
        Assert.Subset(Arm.All.Select(arm => arm.Name).ToHashSet(), Document.Columns("## Figures", "scenario").ToHashSet());
}
