using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Pods with few workers and queues: taking pods out must not bury the rest.</summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0.3, 30)]
    [InlineData(0.6, 60)]
    [InlineData(0.8, 120)]
    [InlineData(0.95, 1000)]
    [Trait("Catalogue", "6")]
    [Trait("Catalogue", "7")]
    public void Selection_LoadNeedsMorePodsThanTheMode_KeepsThem(double utilisation, double median)
    {
        var simulator = new Simulator(Scenario.Policy(5), Scenario.Pods(10, Latency.Exponential(10), workers: 1), 1000 * utilisation,
            seed: 5);
        simulator.Run(200);
        simulator.Mark();
        simulator.Run(400);
        var waiting = simulator.Pods.Sum(pod => pod.Rif);
        output.WriteLine($"active {simulator.Last!.Summary.Active}, p50 {simulator.Percentile(0.5):0} ms, p99 " +
            $"{simulator.Percentile(0.99):0} ms, waiting {waiting}, {simulator.Changes} changes, {simulator.Trials} trials");
        Assert.True(simulator.Latencies.Count + waiting >= 400 * 1000 * utilisation * 0.97);
        Assert.InRange(waiting, 0, 400 * 1000 * utilisation * 0.01);
        Assert.InRange(simulator.Percentile(0.5), 5, median);
    }

    [Fact]
    [Trait("Catalogue", "7")]
    public void Selection_LoadRisesAndFalls_EqualsStayThroughout()
    {
        var simulator = new Simulator(Scenario.Policy(5), Scenario.Pods(10, Latency.Steady(10), workers: 2), 200, seed: 9);
        simulator.Run(300);
        foreach (var rate in new[] { 1400, 200 })
        {
            simulator.Rate = rate;
            simulator.Run(600);
        }

        output.WriteLine($"{simulator.Changes} changes, p99 {simulator.Percentile(0.99):0} ms");
        Assert.Equal(10, simulator.Selected.Count);
        Assert.Equal(0, simulator.Changes);
    }

    [Fact]
    [Trait("Catalogue", "6")]
    public void Selection_ThresholdThatNoneCanMeet_KeepsThePodsTogether()
    {
        var simulator = new Simulator(Scenario.Policy(5).Threshold(20), Scenario.Pods(8, Latency.Exponential(10), workers: 1), 480,
            seed: 9);
        simulator.Run(900);
        output.WriteLine($"active {simulator.Selected.Count}, p50 {simulator.Percentile(0.5):0} ms");
        Assert.InRange(simulator.Selected.Count, 6, 8);
        Assert.InRange(simulator.Percentile(0.5), 5, 60);
    }

    /// <summary>
    /// Three of four pods would have to serve 104 % of what they can. No latency of theirs tells that before the slow one leaves, but that
    /// it can not answer what it is sent does.
    /// </summary>
    [Fact]
    [Trait("Catalogue", "6")]
    public void Selection_SlowPodThatIsOverrun_StaysSinceTheRestWouldBeToo()
    {
        var arms = Arms.Play(Scenario.Policy(2), policy => new Simulator(policy, Scenario.Pods(4, Latency.Steady(16), workers: 4), 780, 7),
            simulator =>
            {
                simulator.Run(80);
                simulator.Pods[0].Milliseconds = Latency.Steady(160);
                simulator.Mark();
                simulator.Run(120);
            });
        output.WriteLine($"over 160 ms: {arms.Aviator.ShareOfBad(160):P2}, {arms.AllInUse.ShareOfBad(160):P2}; {arms}");
        Assert.True(arms.Aviator.ShareOfBad(160) <= arms.AllInUse.ShareOfBad(160) + 0.01, arms.ToString());
    }
}
