using Aviator.Core.Decisions.Selection;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// How soon a pod that turns slow gets nothing any more, with the shortest interval, a report in half of that, the kernel's choice, and
/// orders that are in force after 50 ms; and that what only looks like it takes nobody out.
/// </summary>
public sealed class ReactionTests(ITestOutputHelper output)
{
    private const double Interval = 0.25, OrdersTake = 0.05;

    private const int Seeds = 40;

    /// <summary>One of four pods turns slow at any moment between two reports; service times are log-normal.</summary>
    /// <param name="milliseconds">Median service time.</param>
    /// <param name="rate">Requests per second over all.</param>
    /// <param name="factor">How many times slower it turns.</param>
    /// <param name="seconds">The 95th percentile, at most.</param>
    [Theory]
    [InlineData(10, 100, 5, 1.6)]
    [InlineData(10, 100, 16, 1.05)]
    [InlineData(10, 100, 50, 1)]
    [InlineData(5, 400, 5, 1.2)]
    [InlineData(5, 400, 16, 1)]
    [InlineData(5, 400, 50, 1)]
    public void PodTurnsSlow_ShortestInterval_LosesItsTrafficInTime(double milliseconds, double rate, double factor, double seconds)
    {
        var (_, p95) = TimeToLeave(60, seed =>
        {
            var simulator = Play(Scenario.Pods(4, LogNormal(milliseconds)), rate, seed);
            simulator.Run(40 + new Random(seed).NextDouble());
            Assert.Equal(4, simulator.Selected.Count);
            var victim = simulator.Pods[0];
            victim.Milliseconds = LogNormal(milliseconds * factor);
            return (simulator, victim);
        });
        Assert.InRange(p95, 0, seconds);
    }

    /// <summary>
    /// One of four pods turns 16 times slower where all have just been held up, or are again and again: their windows hold long answers,
    /// that are nobody's own, and by these the slow pod's might be explained.
    /// </summary>
    /// <param name="before">When all were held up for a second: so many seconds before it turns slow; 0 if they were not.</param>
    /// <param name="every">One in so many seconds there is another moment in which all are held up; 0 if there are none.</param>
    /// <param name="longest">How long that takes at most, in seconds.</param>
    /// <param name="middle">Seconds until it gets nothing, the median, at most.</param>
    /// <param name="p95">The 95th percentile, at most.</param>
    [Theory]
    [InlineData(0, 0, 0, 3, 4)]
    [InlineData(3, 0, 0, 4, 5)]
    [InlineData(8, 0, 0, 4, 5)]
    [InlineData(0, 0.5, 0.2, 3.5, 5)]
    [InlineData(0, 2, 0.6, 3.5, 5)]
    public void PodTurnsSlow_WhereAllAreHeldUpNowAndThen_LeavesInTime(
        double before, double every, double longest, double middle, double p95)
    {
        var (median, late) = TimeToLeave(30, seed =>
        {
            var random = new Random(seed);
            var stalls = every > 0 ? Stalls.AtRandom(80, every, longest, random) : new Stalls();
            if (before > 0) stalls.Add(40 - before, 1);
            var simulator = Play(Scenario.Pods(4, Latency.Steady(10), stalls: stalls), 200, seed, interval: 1);
            simulator.Run(40 + random.NextDouble());
            var victim = simulator.Pods[^1];
            victim.Milliseconds = Latency.Steady(160);
            return (simulator, victim);
        });
        Assert.InRange(median, 0, middle);
        Assert.InRange(late, 0, p95);
    }

    /// <summary>
    /// A pod that hangs where all hold exports: it gets few requests once it has more in flight than the others, and these few must do.
    /// </summary>
    /// <param name="pods">Pods that share 100 requests per second.</param>
    /// <param name="interval">The evaluation interval.</param>
    /// <param name="middle">Seconds until it gets nothing, the median, at most.</param>
    /// <param name="p95">The 95th percentile, at most.</param>
    [Theory]
    [InlineData(4, 0.25, 1.3, 1.8)]
    [InlineData(4, 5, 19, 21.5)]
    [InlineData(10, 5, 19, 21.5)]
    [InlineData(20, 0.25, 4, 15)]
    [InlineData(20, 5, 21, 40)]
    public void PodHangs_WhereExportsWaitEverywhere_LeavesInTime(int pods, double interval, double middle, double p95)
    {
        var (median, late) = TimeToLeave(400, seed =>
        {
            var simulator = WithExports(pods, interval, breaker: false, seed);
            simulator.Run(100 + (new Random(seed).NextDouble() * interval * 4));
            var victim = simulator.Pods.First(pod => pod.Reachable);
            victim.Hung = true;
            return (simulator, victim);
        });
        Assert.InRange(median, 0, middle);
        Assert.InRange(late, 0, p95);
    }

    /// <summary>Exports, long polls and streams are in flight for long, several at once, at pods that are well.</summary>
    /// <param name="share">Share of requests that take long.</param>
    /// <param name="seconds">Their median.</param>
    /// <param name="rate">Requests per second over all four pods.</param>
    [Theory]
    [InlineData(0.004, 45, 1.2)]
    [InlineData(0.004, 45, 100)]
    [InlineData(0.01, 5, 60)]
    [InlineData(0.05, 0.2, 100)]
    [InlineData(0.05, 0.2, 20)]
    public void SomeRequestsTakeLongEverywhere_NobodyIsTakenForSlow(double share, double seconds, double rate)
    {
        var (usual, rare) = (LogNormal(10), LogNormal(seconds * 1000));
        var simulator = Play(Scenario.Pods(4, random => random.NextDouble() < share ? rare(random) : usual(random)), rate, seed: 41);
        simulator.Run(1200);
        AssertNoneTurnedSlow(simulator);
    }

    /// <summary>Where one worker has a queue for half of the time, all that a pod answers in a second may have waited.</summary>
    [Theory]
    [InlineData(4, 20, 90)]
    [InlineData(10, 50, 90)]
    public void EqualPodsQueue_NobodyIsTakenForSlow(int pods, double milliseconds, double rate)
    {
        var simulator = Play(Scenario.Pods(pods, Latency.Exponential(milliseconds), workers: 1), rate, seed: 42);
        simulator.Run(1200);
        AssertNoneTurnedSlow(simulator);
    }

    /// <summary>A common cause slows all, one a moment before another, and is over after a while.</summary>
    [Fact]
    public void AllTurnSlowForAMoment_NobodyIsTakenForSlow()
    {
        var simulator = Play(Scenario.Pods(4, LogNormal(8)), 80, seed: 43);
        simulator.Run(40);
        for (var episode = 0; episode < 40; episode++)
        {
            foreach (var pod in simulator.Pods)
            {
                pod.Milliseconds = LogNormal(64);
                simulator.Run(0.1);
            }

            simulator.Run(3);
            simulator.Pods.ForEach(pod => pod.Milliseconds = LogNormal(8));
            simulator.Run(27);
        }

        AssertNoneTurnedSlow(simulator);
    }

    /// <summary>100 requests per second of 10 ms under the kernel's choice, of which 0.4 % are exports of 45 s.</summary>
    internal static Simulator WithExports(int pods, double interval, bool breaker, int seed)
    {
        var policy = Scenario.Policy(interval) with { CarriesWeights = true, Selection = new() { Mode = SelectionModes.Adaptive } };
        return new(breaker ? policy.Breaker() : policy, Scenario.Pods(pods, Latency.Bimodal(10, 45_000, 0.004)), 100, seed,
            Math.Min(1, interval / 2), new ConnectChoice(new Random(seed ^ 0x1F123BB5)))
        {
            Clients = 4,
            OrdersTake = interval < 1 ? OrdersTake : 0.5,
        };
    }

    /// <summary>Seconds until a pod to which something has just happened gets nothing any more, over all seeds.</summary>
    private (double Median, double P95) TimeToLeave(double limit, Func<int, (Simulator Simulator, SimulatedPod Victim)> happen)
    {
        var taken = new List<double>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var (simulator, victim) = happen(seed);
            taken.Add(simulator.RunUntil(() => !victim.Reachable, limit) ?? limit);
        }

        taken.Sort();
        var (median, p95) = (taken[Seeds / 2], taken[(int)(Seeds * 0.95) - 1]);
        output.WriteLine($"median {median:0.00} s, p95 {p95:0.00} s, longest {taken[^1]:0.00} s");
        return (median, p95);
    }

    private void AssertNoneTurnedSlow(Simulator simulator)
    {
        output.WriteLine(string.Join('\n', simulator.Log.TakeLast(10)));
        Assert.DoesNotContain(simulator.Log, line => line.Contains("turned slow", StringComparison.Ordinal));
    }

    private static Simulator Play(List<SimulatedPod> pods, double rate, int seed, double interval = Interval)
    {
        var policy = Scenario.Policy(interval) with { CarriesWeights = true, Selection = new() { Mode = SelectionModes.Adaptive } };
        return new(policy, pods, rate, seed, interval / 2, new ConnectChoice(new Random(seed ^ 0x1F123BB5)))
        {
            Clients = 4,
            OrdersTake = OrdersTake,
        };
    }

    /// <summary>A moderate tail: p99 is 3.2 times the median.</summary>
    private static Func<Random, double> LogNormal(double median) => random =>
        median * Math.Exp(0.5 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
