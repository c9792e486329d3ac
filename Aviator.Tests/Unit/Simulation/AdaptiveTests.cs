using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Mode adaptive, which has no number to set: the same policy for Services of any speed.</summary>
public sealed class AdaptiveTests(ITestOutputHelper output)
{
    private static PolicySettings Policy => Scenario.Policy(5) with { Selection = new() { Mode = SelectionModes.Adaptive } };

    /// <summary>With the mean latency, the requests per second at which each of twelve pods has few in flight.</summary>
    [Theory]
    [InlineData(2, 120)]
    [InlineData(20, 120)]
    [InlineData(2000, 60)]
    public void Selection_AnySpeed_OutlierLeavesAloneAndComesBackOnceItIsFast(double milliseconds, double rate)
    {
        var pods = Scenario.Pods(12, Latency.Exponential(milliseconds));
        var simulator = new Simulator(Policy, pods, rate, seed: 3);
        simulator.Run(120);
        Assert.Equal(12, simulator.Selected.Count);
        simulator.Mark();

        pods[5].Milliseconds = Latency.Exponential(milliseconds * 10);
        var left = simulator.RunUntil(() => !simulator.Selected.Contains(pods[5].Name), 120);
        output.WriteLine($"{milliseconds} ms: left after {left:0.0} s");
        Assert.InRange(left ?? 999, 0, milliseconds > 1000 ? 45 : 25);
        Assert.Equal(11, simulator.Selected.Count);

        simulator.Run(120);
        pods[5].Milliseconds = Latency.Exponential(milliseconds);
        var back = simulator.RunUntil(() => simulator.Last!.Decision.Endpoints[pods[5].Key].State == EndpointState.Selected, 900);
        output.WriteLine($"back after {back:0.0} s");
        Assert.InRange(back ?? 9999, 0, 700);
        Assert.Equal(12, simulator.Selected.Count);
    }

    [Theory]
    [InlineData("steady")]
    [InlineData("exponential")]
    [InlineData("bimodal")]
    public void Selection_PodsThatDifferByHalf_StayForAnHour(string spread)
    {
        var pods = Enumerable.Range(0, 12).Select(i => new SimulatedPod($"p{i:00}", Spread(i % 3 == 0 ? 15 : 10)) { Workers = 8 });
        var simulator = new Simulator(Policy, pods, 400, seed: 4);
        simulator.Run(3600);
        Assert.Equal(0, simulator.Changes);
        Assert.Equal(0, simulator.Trials);
        Assert.Equal(12, simulator.Last!.Summary.Active);

        Func<Random, double> Spread(double mean) => spread switch
        {
            "steady" => Latency.Steady(mean),
            "exponential" => Latency.Exponential(mean),
            _ => Latency.Bimodal(mean, mean * 10, 0.03),
        };
    }

    [Fact]
    public void Selection_AnswersOfMicroseconds_AreNoReasonToLeave()
    {
        var pods = Enumerable.Range(0, 8).Select(i => new SimulatedPod($"p{i}", Latency.Steady(i == 0 ? 0.8 : 0.2)));
        var simulator = new Simulator(Policy, pods, 200, seed: 5);
        simulator.Run(600);
        Assert.Equal(8, simulator.Last!.Summary.Active);
    }

    [Fact]
    public void Selection_TwoFastAndTwoSlow_TrafficKeepsToTheFastAndFollowsThem()
    {
        var pods = Scenario.TwoFastTwoSlow();
        var simulator = new Simulator(Policy with { EvaluationInterval = TimeSpan.FromSeconds(1) }, pods, 100, seed: 6);
        simulator.Run(30);
        simulator.Mark();
        simulator.Run(120);
        Assert.Equal(0, simulator.ShareOf("slow-c", "slow-d"));

        (pods[0].Milliseconds, pods[2].Milliseconds) = (Latency.Steady(500), Latency.Steady(10));
        var followed = simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-b", "slow-c"]), 120);
        output.WriteLine($"followed after {followed:0.0} s");
        Assert.InRange(followed ?? 999, 0, 20);
    }

    /// <summary>
    /// One of the two in use turns slow, and of those that are out one becomes better: an outlier beside the best, but far better than
    /// what is in use. It was tried and sent back while both in use were fast, or its probes have told so since.
    /// </summary>
    /// <param name="milliseconds">What the better one takes then; those in use took 10, and the slow ones take 500.</param>
    /// <param name="before">How many seconds before that it becomes better.</param>
    [Theory]
    [InlineData(25, 0)]
    [InlineData(25, 60)]
    [InlineData(60, 0)]
    [InlineData(60, 60)]
    [InlineData(150, 0)]
    [InlineData(150, 60)]
    public void Selection_OneInUseTurnsSlow_TheNextBestTakesItsPlace(double milliseconds, double before)
    {
        var (taken, followed) = (new List<double>(), new List<double>());
        for (var seed = 1; seed <= 20; seed++)
        {
            var pods = Scenario.TwoFastTwoSlow();
            var simulator = new Simulator(Policy with { EvaluationInterval = TimeSpan.FromSeconds(1) }, pods, 100, seed);
            simulator.Run(60);
            Assert.True(simulator.Selected.SetEquals(["fast-a", "fast-b"]));
            pods[2].Milliseconds = Latency.Exponential(milliseconds);
            simulator.Run(before);
            pods[0].Milliseconds = Latency.Steady(500);
            var first = simulator.RunUntil(() => simulator.Last!.Decision.Endpoints[pods[2].Key].State == EndpointState.Selected, 120);
            var rest = simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-b", "slow-c"]), 120);
            Assert.True(first + rest < 120, $"seed {seed}: {first} + {rest} s\n{string.Join('\n', simulator.Log.TakeLast(12))}");
            taken.Add(first!.Value);
            followed.Add((first + rest)!.Value);
        }

        output.WriteLine($"taken: {string.Join(' ', taken.Order().Select(one => $"{one:0}"))}");
        output.WriteLine($"alone: {string.Join(' ', followed.Order().Select(one => $"{one:0}"))}");
        Assert.InRange(taken.Order().ElementAt(taken.Count / 2), 0, 12);
        Assert.InRange(followed.Order().ElementAt(followed.Count / 2), 0, 15);
    }

    /// <summary>
    /// One of two that are left turns slow right after the others left: the load calls a slow one back, and both are above the breaker's
    /// limit then. That is no common cause, for the one called back never was below it.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(20)]
    public void Selection_OneOfTheLastTwoTurnsSlow_Leaves(double after)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var pods = Scenario.TwoFastTwoSlow();
            var policy = Policy with
            {
                EvaluationInterval = TimeSpan.FromSeconds(1),
                Safety = new() { MinEndpoints = 2, PanicThreshold = 25 },
                // The ranking is quicker than the breaker, so those that leave first are not ejected.
                Breaker = new() { Enabled = true, P99Threshold = TimeSpan.FromMilliseconds(200), ConsecutiveViolations = 12 },
            };
            var simulator = new Simulator(policy, pods, 50, seed);
            Assert.NotNull(simulator.RunUntil(() => simulator.Selected.SetEquals(["fast-a", "fast-b"]), 60));
            simulator.Run(after);
            pods[0].Milliseconds = Latency.Steady(2000);
            var left = simulator.RunUntil(() => !simulator.Selected.Contains("fast-a"), 90);
            Assert.True(left <= 30, $"seed {seed}: {left} s\n{string.Join('\n', simulator.Log.TakeLast(12))}");
        }
    }
}
