using Aviator.Simulation;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// A simulated HorizontalPodAutoscaler on a Service: that it scales as the published algorithm says, and what it makes of pods that get
/// nothing.
/// </summary>
public sealed class AutoscalingTests(ITestOutputHelper output)
{
    /// <summary>10 pods with 2 cores and 40 ms each; 250 requests per second keep half of the cores busy.</summary>
    [Theory]
    [InlineData(250, 0.5, null, 10)]
    [InlineData(250, 0.8, null, 7)]
    [InlineData(250, 0.25, null, 20)]
    [InlineData(250, null, 25.0, 10)]
    [InlineData(250, null, 24.5, 10)] // a tenth is left alone
    [InlineData(250, null, 10.0, 25)]
    [InlineData(250, 0.8, 10.0, 25)]
    [InlineData(40, 0.8, null, 4)]
    [InlineData(400, 0.1, null, 30)]
    public void Pods_InTheEnd_AreAsManyAsTheTargetSays(double rate, double? busy, double? each, int pods)
    {
        var (simulator, scaler) = Scale(rate, busy, each);
        scaler.Run(900);
        Assert.InRange(simulator.Pods.Count, pods - 1, pods + 1);
        Assert.InRange(simulator.Pods.Count, 4, 30);
    }

    [Fact]
    public void Load_ThatFallsAndRises_TakesPodsAwayAfterFiveMinutesAndAddsThemWithinOne()
    {
        var (simulator, scaler) = Scale(250, busy: 0.5, each: null);
        scaler.Run(300);
        simulator.Rate = 125;
        scaler.Run(285);
        Assert.InRange(simulator.Pods.Count, 10, 11);
        scaler.Run(60);
        Assert.InRange(simulator.Pods.Count, 5, 6);
        simulator.Rate = 250;
        scaler.Run(60);
        Assert.InRange(simulator.Pods.Count, 9, 12);
    }

    /// <summary>The finding of docs/autoscaling.md: pods that get nothing make room that is none.</summary>
    [Fact]
    public void CpuHpa_PodsThatGetNothing_MakeItTakeAwayPodsInUseUnlessTheyGoFirst()
    {
        var any = Play("twice as slow, 60 % CPU", "Aviator adaptive");
        var unusedFirst = Play("twice as slow, 60 % CPU, unused first", "Aviator adaptive");
        var allInUse = Play("twice as slow, 60 % CPU", "all in use");
        Assert.True(any.P99 > allInUse.P99 * 2);
        Assert.True(unusedFirst.P99 < allInUse.P99);
        Assert.True(unusedFirst.Pods <= allInUse.Pods);
    }

    /// <summary>By requests in flight nobody leaves for a queue, so the HPA finds what it would find without Aviator.</summary>
    [Theory]
    [InlineData("twice as slow, 60 % CPU")]
    [InlineData("twice as slow, 80 % CPU")]
    [InlineData("6 times slower, 60 % CPU")]
    public void CpuHpa_UnderTheKernelsChoice_IsNoWorseForAviator(string scenario)
    {
        var (with, without) = (Play(scenario, "Aviator adaptive, kernel"), Play(scenario, "kernel choice alone"));
        Assert.True(with.P99 <= (without.P99 * 1.05) + 0.5 && with.Failed <= without.Failed + 0.001 && with.Pods <= without.Pods);
    }

    [Fact]
    public void Tables_OfTheDocument_HaveTheScenariosAndTheArms()
    {
        var document = new DocumentTables("docs/autoscaling.md");
        var scenarios = AutoscalingScenarios.All.Select(scenario => scenario.Name).ToList();
        Assert.Equal(scenarios.Distinct(), scenarios);
        Assert.Empty(scenarios.Intersect(ScenarioList.All.Concat(InferenceScenarios.All).Select(scenario => scenario.Name)));
        Assert.Equal(scenarios, document.Rows("### Figures", "scenario"));
        Assert.Equal(Arm.Autoscaling.Select(arm => arm.Name), document.Columns("### Figures", "scenario"));
    }

    private static (Simulator Simulator, Autoscaler Scaler) Scale(double rate, double? busy, double? each)
    {
        var simulator = new Simulator(null, Enumerable.Range(0, 10).Select(i => Pod($"p{i:000}")), rate, seed: 1);
        return (simulator, new Autoscaler(simulator, Pod) { Busy = busy, Rate = each, Least = 4, Most = 30 });

        static SimulatedPod Pod(string name) => new(name, Latency.Exponential(40)) { Workers = 2 };
    }

    private RunFigures Play(string scenario, string arm)
    {
        var played = AutoscalingScenarios.All.Single(known => known.Name == scenario);
        var figures = played.Run(Arm.Autoscaling.Single(known => known.Name == arm), seed: 4);
        output.WriteLine($"{scenario}, {arm}: {figures.Pods} pods, p99 {figures.P99:0} ms, {figures.Failed:P2} failed");
        return figures;
    }
}
