using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// Do no harm: scenarios in which an earlier Aviator made a Service worse than the same Service with all pods in use. Each is compared
/// with exactly that.
/// </summary>
public sealed class HarmTests(ITestOutputHelper output)
{
    /// <summary>What two seeds of the same steady state differ by in their p99.</summary>
    private const double AtMost = 1.05;

    [Theory]
    [InlineData(0.4)]
    [InlineData(0.55)]
    public void EqualPods_SteadyLoad_NothingChanges(double load)
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(120);
            simulator.Mark();
            simulator.Run(900);
        });
        output.WriteLine($"{arms}");
        Assert.Equal(0, arms.Aviator.Changes);
        Assert.Equal(10, arms.Aviator.Last!.Summary.Active);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        Simulator Service(PolicySettings? settings) =>
            new(settings, Scenario.Pods(10, Latency.Steady(10), workers: 1), 1000 * load, seed: 21);
    }

    [Theory]
    [InlineData(0.25, 0.60)]
    [InlineData(0.20, 0.70)]
    public void EqualPods_LoadSteps_NoMoreSlowAnswersThanWithAllInUse(double before, double after)
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(300);
            simulator.Mark();
            simulator.Rate *= after / before;
            simulator.Run(120);
        });
        output.WriteLine($"{arms}");
        Assert.InRange(arms.Aviator.ShareAbove(1000), 0, arms.AllInUse.ShareAbove(1000) + 0.01);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        Simulator Service(PolicySettings? settings) =>
            new(settings, Scenario.Pods(10, Latency.Exponential(10), workers: 2), 2000 * before, seed: 22);
    }

    /// <summary>
    /// What its queue left in the window kept a pod out for a minute after it had recovered, and the next one met fewer pods.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SlowPod_EachHalfMinuteAnother_NoMoreSlowAnswersThanWithAllInUse(int seed)
    {
        var scenario = ScenarioList.All.Single(scenario => scenario.Name == "moving antagonist");
        var all = scenario.Run(Arm.AllInUse, seed);
        foreach (var arm in Arm.All.Where(arm => arm.Mode is not null))
        {
            var figures = scenario.Run(arm, seed, all.UndisturbedP99);
            output.WriteLine($"{arm.Name}: p99 {figures.P99:0} ms, all in use {all.P99:0} ms; slow {figures.Slow:P2}, {all.Slow:P2}");
            Assert.InRange(figures.P99, 0, all.P99 * AtMost);
            Assert.InRange(figures.Slow, 0, all.Slow);
        }
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.9)]
    public void EqualPods_ShedLoad_NoMoreIsRefusedThanWithAllInUse(double load)
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(200);
            simulator.Rate = 1000 * load;
            simulator.Run(60);
            simulator.Mark();
            simulator.Run(300);
        });
        output.WriteLine($"{arms}");
        Assert.InRange(arms.Aviator.ErrorShare, 0, arms.AllInUse.ErrorShare + 0.003);

        Simulator Service(PolicySettings? settings) => new(
            settings,
            Enumerable.Range(0, 10).Select(i => new SimulatedPod($"p{i:000}", Latency.Exponential(40)) { Workers = 4, Limit = 6 }),
            300,
            seed: 23);
    }

    [Fact]
    public void Threshold_MostPodsRiseAboveIt_StayTogether()
    {
        var arms = Arms.Play(Scenario.Policy(5).Threshold(100), Service, simulator =>
        {
            simulator.Run(60);
            foreach (var pod in simulator.Pods.Take(34)) pod.Milliseconds = Latency.Bimodal(10, 130, 0.05);
            simulator.Mark();
            simulator.Run(240);
        });
        output.WriteLine($"{arms}");
        Assert.InRange(arms.Aviator.ShareAbove(1000), 0, 0.001);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        Simulator Service(PolicySettings? settings) =>
            new(settings, Scenario.Pods(40, Latency.Bimodal(10, 60, 0.05), workers: 1), 1400, seed: 24);
    }

    [Fact]
    public void Breaker_EverythingWasSlowForAWhile_AllComeBackTogether()
    {
        var arms = Arms.Play(Scenario.Policy(5).Breaker().Percentage(100), Service, simulator =>
        {
            simulator.Run(60);
            foreach (var pod in simulator.Pods) pod.Milliseconds = Latency.Steady(900);
            simulator.Run(25);
            foreach (var pod in simulator.Pods) pod.Milliseconds = Latency.Steady(20);
            simulator.Run(90);
            simulator.Mark();
            simulator.Run(600);
        });
        output.WriteLine($"{arms}, {arms.Aviator.Last!.Summary.Ejected} ejected");
        Assert.Equal(20, arms.Aviator.Last.Summary.Active);
        Assert.Equal(0, arms.Aviator.Last.Summary.Ejected);
        Assert.Equal(0, arms.Aviator.Changes);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        Simulator Service(PolicySettings? settings) =>
            new(settings, Scenario.Pods(20, Latency.Steady(20), workers: 4), 2600, seed: 25);
    }

    [Fact]
    public void Breaker_ProbesCannotSucceed_EjectedPodsComeBackAllTheSame()
    {
        var pods = Enumerable.Range(0, 10)
            .Select(i => new SimulatedPod($"p{i:000}", Latency.Steady(20)) { CannotBeProbed = true }).ToList();
        var simulator = new Simulator(Scenario.Policy(5).Breaker().Percentage(100), pods, 200, seed: 26);
        simulator.Run(60);
        foreach (var pod in pods)
        {
            pod.Milliseconds = Latency.Steady(900);
            simulator.Run(30);
            pod.Milliseconds = Latency.Steady(20);
            simulator.Run(90);
        }

        simulator.Run(300);
        output.WriteLine(string.Join('\n', simulator.Log.TakeLast(10)));
        Assert.Equal(10, simulator.Last!.Summary.Active);
        Assert.Equal(0, simulator.Last.Summary.Ejected);
    }

    [Fact]
    public void Selection_ProbesCannotSucceed_TrafficFollowsSpeedAllTheSame()
    {
        var pods = Enumerable.Range(0, 4)
            .Select(i => new SimulatedPod($"p{i}", Latency.Steady(i < 2 ? 10 : 500)) { CannotBeProbed = true }).ToList();
        var simulator = new Simulator(Scenario.Policy(2), pods, 100, seed: 27);
        simulator.Run(60);
        (pods[0].Milliseconds, pods[2].Milliseconds) = (Latency.Steady(500), Latency.Steady(10));
        simulator.Run(900);
        simulator.Mark();
        simulator.Run(300);
        output.WriteLine($"slow share {simulator.ShareOf("p0", "p3"):P2}");
        Assert.InRange(simulator.ShareOf("p0", "p3"), 0, 0.02);
    }

    [Fact]
    public void Outlier_WhileAllAreSlowerThanUsual_LeavesAsFastAsEver()
    {
        var pods = Scenario.Pods(10, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(5), pods, 200, seed: 28);
        simulator.Run(300);
        foreach (var pod in pods) pod.Milliseconds = Latency.Steady(17);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Milliseconds = Latency.Steady(300);
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 900);
        output.WriteLine($"{taken:0.0} s, {simulator.Last!.Summary.Active} active");
        Assert.InRange(taken ?? 999, 0, 26);
        simulator.Run(120);
        Assert.Equal(9, simulator.Selected.Count);
    }

    [Fact]
    public void Outlier_BesideAPodWithHardlyAnyTraffic_LeavesAllTheSame()
    {
        var pods = Enumerable.Range(0, 10)
            .Select(i => new SimulatedPod($"p{i:000}", Latency.Steady(10)) { Attraction = i == 0 ? 0.03 : 1 }).ToList();
        var simulator = new Simulator(Scenario.Policy(5).Percentage(80), pods, 800, seed: 29);
        simulator.Run(120);
        var victim = pods.Last(pod => simulator.Selected.Contains(pod.Name));
        victim.Milliseconds = Latency.Bimodal(10, 400, 0.05);
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 300);
        output.WriteLine($"{taken:0.0} s, {simulator.Last!.Summary.Active} active");
        Assert.InRange(taken ?? 999, 0, 31);
    }

    [Fact]
    public void Restart_InAnOverloadWithoutStoredState_KeepsEveryPod()
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(60);
            simulator.State = PolicyState.FromSelection(
                simulator.Pods.Select(pod => pod.Key).ToHashSet(), simulator.Pods.Select(pod => pod.Key));
            simulator.Mark();
            simulator.Run(600);
        });
        output.WriteLine($"{arms}");
        Assert.Equal(10, arms.Aviator.Selected.Count);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        Simulator Service(PolicySettings? settings) =>
            new(settings, Scenario.Pods(10, Latency.Exponential(10), workers: 1), 930, seed: 30);
    }

    [Fact]
    public void LongRequests_AtLowTraffic_AreNotTakenForHangs()
    {
        var pods = Scenario.Pods(8, Latency.Bimodal(30, 45_000, 0.004));
        var simulator = new Simulator(Scenario.Policy(5), pods, 2.4, seed: 31);
        simulator.Run(4 * 3600);
        var taken = simulator.Log.Count(line => line.Contains("no answer", StringComparison.Ordinal));
        output.WriteLine($"{taken} taken out, {simulator.Changes} changes\n" + string.Join('\n', simulator.Log.TakeLast(5)));
        Assert.InRange(taken, 0, 2);
    }

    /// <summary>
    /// Of two pods the kernel takes the one with less in flight, so a pod that holds an export more than its peers gets next to nothing,
    /// and answers nothing, for as long as that lasts. From the first export on, when none has ended yet.
    /// </summary>
    [Theory]
    [InlineData(4, 0.25, false)]
    [InlineData(4, 0.25, true)]
    [InlineData(20, 0.25, false)]
    [InlineData(20, 5, false)]
    public void Exports_AtPodsThatAreWellUnderTheKernelsChoice_AreNotTakenForHangs(int pods, double interval, bool breaker)
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            var simulator = ReactionTests.WithExports(pods, interval, breaker, seed);
            simulator.Run(1800);
            var gone = simulator.Log.Where(line => line.Contains(" 0: ", StringComparison.Ordinal)).ToList();
            var hung = gone.Count(line => line.Contains("no answer", StringComparison.Ordinal));
            output.WriteLine($"seed {seed}: {hung} of {gone.Count} taken for hung");
            Assert.Equal(0, hung);
        }
    }

    [Fact]
    public void Zones_OneIsSlowerThanTheOthers_KeepsItsPods()
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(120);
            simulator.Mark();
            simulator.Run(600);
        });
        output.WriteLine($"{arms}");
        Assert.Equal(12, arms.Aviator.Last!.Summary.Active);
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) * AtMost);

        // Every pod of zone c is clearly slower than all others, and all that its clients have.
        Simulator Service(PolicySettings? settings) =>
            new(settings, InThreeZones(i => Latency.Exponential(i >= 8 ? 40 : 10), workers: 4), 348, seed: 32);
    }

    [Fact]
    public void Zones_OnePodOfOneIsSlow_LeavesAlone()
    {
        var arms = Arms.Play(Scenario.Policy(5), Service, simulator =>
        {
            simulator.Run(300);
            simulator.Mark();
            simulator.Run(600);
        });
        output.WriteLine($"{arms}");
        Assert.Equal(["p000"], arms.Aviator.Pods.Select(pod => pod.Name).Except(arms.Aviator.Selected));
        Assert.InRange(arms.Aviator.Percentile(0.99), 0, arms.AllInUse.Percentile(0.99) / 3);

        Simulator Service(PolicySettings? settings) =>
            new(settings, InThreeZones(i => Latency.Steady(i == 0 ? 400 : 10)), 240, seed: 33);
    }

    [Theory]
    [InlineData("percentage")]
    [InlineData("threshold")]
    [InlineData("adaptive")]
    public void BadRelease_OnePodFindsNothingAtOnce_LosesItsTrafficAndTheOthersKeepTheirs(string mode)
    {
        var pods = Scenario.Pods(4, Latency.Steady(20));
        var policy = Scenario.Policy(5) with { Selection = new() { Mode = SelectionModes.All.Single(known => known.Name == mode) } };
        var simulator = new Simulator(policy, pods, 80, seed: 34);
        simulator.Run(120);
        pods[2].FindsNothing = true;
        simulator.Run(60);
        simulator.Mark();
        simulator.Run(600);
        output.WriteLine($"share {simulator.ShareOf(pods[2].Name):P2}, {simulator.Trials} trials, {simulator.Changes} changes");
        Assert.InRange(simulator.ShareOf(pods[2].Name), 0, 0.01);
        Assert.Equal(3, simulator.Selected.Except([pods[2].Name]).Count());
    }

    /// <summary>Twelve pods, four in each of the zones a, b and c.</summary>
    private static IEnumerable<SimulatedPod> InThreeZones(Func<int, Func<Random, double>> latency, int workers = int.MaxValue) =>
        Enumerable.Range(0, 12).Select(i => new SimulatedPod($"p{i:000}", latency(i)) { Zone = $"zone {"abc"[i / 4]}", Workers = workers });
}
