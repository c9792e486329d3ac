using System.Diagnostics;
using Aviator.Core.Decisions.Selection;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Slow pods lose their traffic, quickly and for good; and traffic follows when speed moves.</summary>
public sealed class ShiftTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public void Selection_PodBecomesTenTimesSlower_LeavesWithinPersistencePlusOne(int count)
    {
        var pods = Scenario.Pods(count, Latency.Exponential(10));
        var simulator = new Simulator(Scenario.Policy(5), pods, count * 4, seed: 7);
        simulator.Run(count == 20 ? 150 : 250);
        simulator.RunUntil(() => true, 10);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Milliseconds = Latency.Exponential(100);
        simulator.Mark();
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 120);
        output.WriteLine($"{taken:0.0} s, {simulator.Evaluations} evaluations");
        Assert.True(taken is not null && simulator.Evaluations <= simulator.Settings.Dampening.ConsecutiveIntervals + 1,
            string.Join('\n', simulator.Log.TakeLast(20)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [Trait("Catalogue", "37")]
    public void Demonstration_SpeedMoves_TrafficFollowsAndSlowShareStaysBelowOnePercent(double interval)
    {
        var (share, shift, after, swap) = Demonstrate(interval, seed: 1);
        output.WriteLine($"slow share {share:P2}, shift {shift:0.0} s, slow share after {after:P2}, full swap {swap:0.0} s");
        Assert.InRange(share, 0, 0.01);
        Assert.InRange(shift ?? 999, 0, 30);
        Assert.InRange(after, 0, 0.01);
        Assert.InRange(swap ?? 999, 0, 60);
    }

    [Fact]
    public void Demonstration_ManySeeds_AlwaysHolds()
    {
        var watch = Stopwatch.StartNew();
        var seed = 100;
        var shifts = new List<double>();
        for (; watch.Elapsed < TimeSpan.FromSeconds(1.5) && seed < 400; seed++)
        {
            var (share, shift, after, _) = Demonstrate(2, seed, steady: 120);
            Assert.True(share < 0.01 && after < 0.01 && shift <= 20,
                $"seed {seed}: slow share {share:P2}, shift {shift} s, after {after:P2}");
            shifts.Add(shift.Value);
        }

        output.WriteLine($"{seed - 100} seeds, shift at most {shifts.Max():0.0} s, median " +
            $"{shifts.Order().ElementAt(shifts.Count / 2):0.0} s");
        Assert.True(seed > 100);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 8)]
    public void Selection_MostPodsAreSlow_SlowOnesLeaveAllTheSame(int fast, int slow)
    {
        var pods = Scenario.Pods(fast, Latency.Steady(10))
            .Concat(Enumerable.Range(0, slow).Select(i => new SimulatedPod($"slow{i}", Latency.Steady(500)))).ToList();
        var policy = Scenario.Policy(2) with
        {
            Selection = new() { Mode = SelectionModes.TopN, TopN = fast },
            Safety = new() { MinEndpoints = 1 }
        };
        var simulator = new Simulator(policy, pods, 100, seed: 3);
        Assert.InRange(simulator.RunUntil(() => simulator.Selected.Count == fast, 120) ?? 999, 0, 30);
        Assert.All(simulator.Selected, name => Assert.StartsWith("p", name, StringComparison.Ordinal));

        foreach (var late in Enumerable.Range(0, 2 * slow).Select(i => new SimulatedPod($"late{i}", Latency.Steady(400))))
            simulator.Start(late);
        simulator.Run(5);
        Assert.InRange(simulator.RunUntil(() => simulator.Selected.Count == fast, 120) ?? 999, 0, 40);
    }

    [Fact]
    public void Selection_SpeedMovesBackAndForth_IsFollowedEveryTime()
    {
        var pods = Scenario.TwoFastTwoSlow();
        var simulator = new Simulator(Scenario.Policy(2), pods, 100, seed: 12);
        simulator.Run(60);
        var shifts = new List<double>();
        for (var move = 0; move < 12; move++)
        {
            var (slow, fast) = move % 2 == 0 ? (pods[0], pods[2]) : (pods[2], pods[0]);
            (slow.Milliseconds, fast.Milliseconds) = (Latency.Steady(500), Latency.Steady(10));
            shifts.Add(simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-b", fast.Name]), 60) ?? 999);
            simulator.Mark();
            simulator.Run(60);
            Assert.InRange(simulator.ShareOf(slow.Name, "slow-d"), 0, 0.01);
        }

        output.WriteLine(string.Join(", ", shifts.Select(shift => $"{shift:0.0}")));
        Assert.All(shifts, shift => Assert.InRange(shift, 0, 20));
    }

    [Fact]
    [Trait("Catalogue", "37")]
    public void Trials_CheapProbePathOnSlowPods_CostLessThanTheirBudget()
    {
        var pods = Scenario.TwoFastTwoSlow();
        foreach (var pod in pods) pod.ProbeMilliseconds = Latency.Steady(1);
        var simulator = new Simulator(Scenario.Policy(5), pods, 40, seed: 2);
        simulator.Run(30);
        simulator.Mark();
        simulator.Run(2400);
        output.WriteLine($"{simulator.Trials} trials, slow share {simulator.ShareOf("slow-c", "slow-d"):P2}, p99 " +
            $"{simulator.Percentile(0.99):0} ms");
        Assert.InRange(simulator.ShareOf("slow-c", "slow-d"), 0, 0.01);
        Assert.InRange(simulator.Percentile(0.99), 10, 30);
        Assert.InRange(simulator.Trials, 1, 40);
    }

    [Fact]
    public void Selection_OneOfTwoSelectedIsSlowInItsTailOnly_IsReplaced()
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(2), pods, 200, seed: 4);
        simulator.Run(120);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Milliseconds = Latency.Bimodal(10, 400, 0.05);
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 120);
        output.WriteLine($"{taken:0.0} s");
        Assert.InRange(taken ?? 999, 0, 30);
    }

    private static (double Share, double? Shift, double After, double? Swap) Demonstrate(double interval, int seed, double steady = 600)
    {
        var pods = Scenario.TwoFastTwoSlow();
        var simulator = new Simulator(Scenario.Policy(interval), pods, 100, seed);
        simulator.Run(40);
        simulator.Mark();
        simulator.Run(steady);
        var share = simulator.ShareOf("slow-c", "slow-d");

        (pods[0].Milliseconds, pods[2].Milliseconds) = (Latency.Steady(500), Latency.Steady(10));
        var shift = simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-b", "slow-c"]), 120);
        simulator.Mark();
        simulator.Run(steady);
        var after = simulator.ShareOf("fast-a", "slow-d");

        foreach (var pod in pods) pod.Milliseconds = Latency.Steady(simulator.Selected.Contains(pod.Name) ? 500 : 10);
        return (share, shift, after, simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-a", "slow-d"]), 120));
    }
}
