using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Equal pods must not be distinguished by noise, however many there are and however their latency is spread.</summary>
public sealed class StabilityTests(ITestOutputHelper output)
{
    public static TheoryData<int, double, string> Fleets => new()
    {
        { 2, 5, "steady" }, { 2, 5, "exponential" }, { 2, 5, "bimodal" },
        { 20, 2, "steady" }, { 20, 2, "exponential" }, { 20, 2, "bimodal" },
        { 100, 1, "steady" }, { 100, 1, "exponential" }, { 100, 1, "bimodal" },
    };

    [Theory]
    [MemberData(nameof(Fleets))]
    public void Selection_EqualPods_NeverChangesOnceFound(int pods, double requestsPerPod, string spread)
    {
        var latency = spread switch
        {
            "steady" => Latency.Steady(10),
            "exponential" => Latency.Exponential(10),
            _ =>
            Latency.Bimodal(10, 200, 0.02)
        };
        var simulator = new Simulator(Scenario.Policy(5), Scenario.Pods(pods, latency), pods * requestsPerPod, seed: pods,
            subWindow: pods > 50 ? 5 : 2);
        simulator.Run(300);
        simulator.Mark();
        simulator.Run(pods switch { 2 => 10_000, 20 => 2_500, _ => 750 });
        output.WriteLine($"{simulator.Evaluations} evaluations, {simulator.Changes} changes, {simulator.Trials} trials, " +
            $"{simulator.Last!.Summary.Active} active");
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(pods, simulator.Last!.Summary.Active); // equals stay, whatever share the mode names
        Assert.InRange(simulator.Trials, 0, simulator.Evaluations / 50);
    }

    [Theory]
    [InlineData("breaker")]
    [InlineData("threshold")]
    public void Selection_OneRequestPerSecondForAnHour_EjectsNothingForNoise(string mode)
    {
        var policy = mode == "breaker" ? Scenario.Policy(5).Breaker(200).Percentage(100) : Scenario.Policy(5).Threshold(100);
        var simulator = new Simulator(policy, Scenario.Pods(6, Latency.Exponential(20)), requestsPerSecond: 6, seed: 11);
        simulator.Run(3600);
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(6, simulator.Last!.Summary.Active);
        Assert.Equal(0, simulator.Last!.Summary.Ejected);
    }

    [Fact]
    public void Selection_HardlyAnyTraffic_KeepsAllAndSaysSo()
    {
        var simulator = new Simulator(Scenario.Policy(5), Scenario.TwoFastTwoSlow(), requestsPerSecond: 0.4, seed: 5);
        simulator.Run(1200);
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(4, simulator.Last!.Summary.Active);
        Assert.True(simulator.Last.Summary.InsufficientTraffic.IsTrue);
    }

    /// <summary>As many samples as are needed, by chance a few more or less: nobody is told of that each minute for an hour.</summary>
    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    [InlineData(1.3)]
    [InlineData(1.5)]
    public void TooFewSamples_NearlyAsManyAsNeeded_AreToldAFewTimes(double times)
    {
        var policy = Scenario.Policy(5);
        var perPod = policy.Measurement.MinSamples / policy.Measurement.MaxWindow.TotalSeconds * times;
        var simulator = new Simulator(policy, Scenario.Pods(4, Latency.Steady(10)), requestsPerSecond: 4 * perPod, seed: 21);
        simulator.Run(120);
        var (told, before) = (0, simulator.Last!.Summary.InsufficientTraffic.Reason);
        for (var evaluation = 0; evaluation < 720; evaluation++)
        {
            simulator.Run(5);
            var now = simulator.Last!.Summary.InsufficientTraffic.Reason;
            if (now != before) told++;
            before = now;
        }

        output.WriteLine($"told {told} times");
        Assert.InRange(told, 0, 4); // with one limit for both directions: 106, 54, 6 and 0 times
    }

    [Fact]
    public void Selection_RollingUpdate_FollowsWithoutRunningDry()
    {
        var pods = Scenario.Pods(8, Latency.Steady(10));
        var simulator = new Simulator(Scenario.Policy(2), pods, 80, seed: 3);
        simulator.Run(120);
        foreach (var old in pods)
        {
            simulator.Start(new SimulatedPod("new-" + old.Name, Latency.Steady(10)));
            simulator.Run(15);
            simulator.Stop(old);
            simulator.Run(5);
            Assert.InRange(simulator.Selected.Count, 4, 9);
        }

        simulator.Run(120);
        Assert.Equal(8, simulator.Selected.Count);
        Assert.All(simulator.Selected, name => Assert.StartsWith("new-", name, StringComparison.Ordinal));
    }
}
