using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Pods that hang, fail fast or come back; agents that fall silent.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [Trait("Catalogue", "24")]
    public void Selection_PodHangs_Leaves(double interval)
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(interval), pods, 40, seed: 6);
        simulator.Run(120);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Hung = true;
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 120);
        output.WriteLine($"{taken:0.0} s");
        Assert.InRange(taken ?? 999, 0, 5 * interval + 2);
    }

    [Fact]
    [Trait("Catalogue", "24")]
    public void Selection_PodHangsFromItsFirstRequest_Leaves()
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        pods[2].Hung = true;
        var simulator = new Simulator(Scenario.Policy(2), pods, 40, seed: 6);
        Assert.InRange(simulator.RunUntil(() => !simulator.Selected.Contains("p002"), 120) ?? 999, 0, 12);
    }

    /// <summary>Also where the mode wants every endpoint, and by the ranking alone as well as with the breaker.</summary>
    [Theory]
    [InlineData(3, 50, false)]
    [InlineData(3, 100, false)]
    [InlineData(4, 50, false)]
    [InlineData(4, 100, false)]
    [InlineData(10, 100, false)]
    [InlineData(3, 100, true)]
    [InlineData(4, 50, true)]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "49")]
    public void Selection_PodHangs_LeavesWithinThreeReportsAndStaysOut(int count, int percentage, bool breaker)
    {
        var pods = Scenario.Pods(count, Latency.Steady(10));
        var settings = Scenario.Policy(2).Percentage(percentage);
        var simulator = new Simulator(breaker ? settings.Breaker() : settings, pods, 20 * count, seed: 6);
        simulator.Run(120);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Hung = true;
        simulator.Mark();
        Assert.NotNull(simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 30));
        Assert.InRange(simulator.Evaluations, 1, 4); // the first may come before the pod has hung for long enough to be noticed
        simulator.Mark();
        simulator.Run(900);
        output.WriteLine($"share after {simulator.ShareOf(victim.Name):P2}");
        Assert.InRange(simulator.ShareOf(victim.Name), 0, 0.02);
    }

    /// <summary>
    /// By probes alone, one a pod every 2 s: 20 samples of them are 40 s, and three reports must do. It stays out for as long as it hangs.
    /// </summary>
    [Theory]
    [InlineData(3, 50, false)]
    [InlineData(4, 100, false)]
    [InlineData(4, 50, true)]
    [InlineData(10, 100, true)]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "49")]
    public void ProbeSource_PodHangs_LeavesWithinThreeReportsAndStaysOut(int count, int percentage, bool breaker)
    {
        var pods = Scenario.Pods(count, Latency.Steady(10));
        var settings = Scenario.Policy(5).Percentage(percentage) with { Source = LatencySource.Probe };
        var simulator = new Simulator(breaker ? settings.Breaker() : settings, pods, 20 * count, seed: 6, subWindow: 2);
        simulator.Run(120);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        victim.Hung = true;
        simulator.Mark();
        Assert.NotNull(simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 30));
        Assert.InRange(simulator.Evaluations, 1, 4); // the first may come before two probes have failed
        simulator.Mark();
        simulator.Run(900);
        output.WriteLine($"share after {simulator.ShareOf(victim.Name):P2}");
        Assert.Equal(0, simulator.ShareOf(victim.Name));
    }

    /// <summary>
    /// Too few samples to rank anything, but a request that waits for long while the others answer is no question of ranks.
    /// </summary>
    [Fact]
    [Trait("Catalogue", "49")]
    public void Selection_PodHangsAtLowTraffic_Leaves()
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(5), pods, 0.8, seed: 6);
        simulator.Run(180);
        pods[1].Hung = true;
        Assert.InRange(simulator.RunUntil(() => !simulator.Selected.Contains("p001"), 120) ?? 999, 10, 60);
    }

    /// <summary>A database that stands still: to move the load to the few that still answer would bury them.</summary>
    [Fact]
    [Trait("Catalogue", "49")]
    public void Selection_MostPodsHangAlike_AllStay()
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(2).Percentage(100), pods, 80, seed: 6);
        simulator.Run(120);
        foreach (var pod in pods.Take(2)) pod.Hung = true;
        simulator.Run(60);
        Assert.Equal(4, simulator.Selected.Count);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.3)]
    [Trait("Catalogue", "4")]
    public void Selection_PodFailsFast_IsNotTakenForFast(double share)
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(2), pods, 100, seed: 8);
        simulator.Run(120);
        var victim = pods.First(pod => simulator.Selected.Contains(pod.Name));
        (victim.FailFast, victim.ProbeMilliseconds) = (share, Latency.Steady(1));
        var taken = simulator.RunUntil(() => !simulator.Selected.Contains(victim.Name), 120);
        Assert.InRange(taken ?? 999, 0, 12);
        simulator.Mark();
        simulator.Run(900);
        output.WriteLine($"left after {taken:0.0} s, share after {simulator.ShareOf(victim.Name):P2}");
        Assert.InRange(simulator.ShareOf(victim.Name), 0, 0.01);
    }

    [Fact]
    [Trait("Catalogue", "8")]
    public void Threshold_SlowPodRecovers_IsReadmitted()
    {
        var pods = Scenario.TwoFastTwoSlow();
        var simulator = new Simulator(Scenario.Policy(5).Threshold(100), pods, 100, seed: 6);
        simulator.Run(60);
        Assert.Equal(["fast-a", "fast-b"], simulator.Selected.Order());
        pods[3].Milliseconds = Latency.Steady(12);
        var taken = simulator.RunUntil(() => simulator.State.Of("").Trial is null && simulator.Selected.Contains("slow-d"), 120);
        simulator.Run(300);
        output.WriteLine($"{taken:0.0} s");
        Assert.InRange(taken ?? 999, 0, 30);
        Assert.Equal(["fast-a", "fast-b", "slow-d"], simulator.Selected.Order());
    }

    [Fact]
    [Trait("Catalogue", "8")]
    public void Breaker_SlowPod_IsEjectedAndReadmittedAfterAGoodTrial()
    {
        var pods = Scenario.Pods(4, Latency.Steady(20));
        var simulator = new Simulator(Scenario.Policy(5).Breaker(200).Percentage(100), pods, 80, seed: 6);
        simulator.Run(60);
        pods[1].Milliseconds = Latency.Steady(400);
        var ejected = simulator.RunUntil(() => simulator.Last!.Summary.Ejected == 1, 60);
        Assert.InRange(ejected ?? 999, 10, 21);
        simulator.Mark();
        simulator.Run(300);
        var share = simulator.ShareOf("p001");
        pods[1].Milliseconds = Latency.Steady(20);
        var back = simulator.RunUntil(() => simulator.Last!.Summary.Ejected == 0, 700);
        output.WriteLine($"ejected after {ejected:0.0} s, share while Open {share:P2} ({simulator.Trials} trials), back after {back:0.0} " +
            $"s");
        Assert.InRange(share, 0, 0.01);
        Assert.NotNull(back);
        Assert.Equal(4, simulator.Selected.Count);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public void Agents_FallSilent_FailOpenAndComeBackToTheSameSelection()
    {
        var simulator = new Simulator(Scenario.Policy(2), Scenario.TwoFastTwoSlow(), 100, seed: 6);
        simulator.Run(60);
        var before = simulator.Selected;
        simulator.AgentsReport = false;
        simulator.Run(60);
        Assert.Equal(4, simulator.Selected.Count);
        Assert.Equal("NoFreshReports", simulator.Last!.Summary.Degraded.Reason);
        simulator.AgentsReport = true;
        simulator.Run(8); // step by step: at most a quarter of what is in use leaves in one write
        Assert.Equal(before.Order(), simulator.Selected.Order());
        simulator.Run(120);
        Assert.Equal(before.Order(), simulator.Selected.Order());
    }

    [Fact]
    public void Restart_WithoutStoredState_ChangesNothing()
    {
        var simulator = new Simulator(Scenario.Policy(2), Scenario.Pods(10, Latency.Exponential(10)), 200, seed: 6);
        simulator.Run(200);
        var before = simulator.Selected;
        simulator.Mark();
        simulator.State = PolicyState.FromSelection(before.Select(name => "uid-" + name).ToHashSet(),
            simulator.Pods.Select(pod => pod.Key));
        simulator.Run(600);
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(before.Order(), simulator.Selected.Order());
    }

    [Fact]
    public void Restart_WithStoredState_GoesOnAsIfNothingHadHappened()
    {
        var simulator = new Simulator(Scenario.Policy(2).Breaker(200), Scenario.TwoFastTwoSlow(), 100, seed: 6);
        simulator.Run(60);
        var (before, now) = (simulator.Selected, TimeSpan.FromSeconds(simulator.Now));
        simulator.State = PolicyStateCodec.Read(PolicyStateCodec.Write(simulator.State, now), now, out _)!;
        simulator.Mark();
        simulator.Run(120);
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(before.Order(), simulator.Selected.Order());
    }
}
