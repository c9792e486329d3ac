using Aviator.Core.Decisions.Selection;
using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// A moment in which the whole Service is held up, by what all depend on or by a machine, soon after a slow pod has left: the requests of
/// that moment pile up everywhere, and no load is the cause. The slow pod is not called back for it.
/// </summary>
public sealed class StallTests(ITestOutputHelper output)
{
    private const int Seeds = 40;

    /// <summary>Four pods of 3 ms, one of which turns to 160 ms and leaves; a stall begins within the eight seconds after that.</summary>
    /// <param name="kernel">Whether the kernel chooses, by requests in flight, and carries weights.</param>
    /// <param name="rate">Requests per second over all.</param>
    /// <param name="interval">Seconds between evaluations; reports come twice in that, and once a second at least.</param>
    /// <param name="milliseconds">How long nobody answers.</param>
    [Theory]
    [InlineData(true, 200, 1, 150)]
    [InlineData(true, 200, 1, 400)]
    [InlineData(true, 200, 2, 800)]
    [InlineData(false, 60, 2, 400)]
    [InlineData(false, 60, 2, 900)]
    [InlineData(false, 200, 5, 900)]
    public void HardlyLoadedService_StallsForAMomentAfterASlowPodLeft_DoesNotCallItBack(
        bool kernel, double rate, double interval, double milliseconds)
    {
        var calledBack = new List<string>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var stalls = new Stalls();
            var policy = Scenario.Policy(interval) with { CarriesWeights = kernel, Selection = new() { Mode = SelectionModes.Adaptive } };
            var pods = Scenario.Pods(4, Latency.Exponential(3), stalls: stalls);
            var simulator = new Simulator(
                policy, pods, rate, seed, Math.Min(1, interval / 2), kernel ? new ConnectChoice(new Random(seed ^ 0x1F123BB5)) : null)
            {
                Clients = kernel ? 4 : 1,
                OrdersTake = 0.1,
            };
            simulator.Run(40);
            pods[3].Milliseconds = Latency.Steady(160);
            Assert.NotNull(simulator.RunUntil(() => !pods[3].Reachable, 60));
            var from = simulator.Now + (8 * new Random(seed).NextDouble());
            stalls.Add(from, milliseconds / 1000);
            simulator.Run(interval);
            simulator.Mark();
            simulator.Run(20);
            if (pods[3].Received > 0) calledBack.Add($"seed {seed}, stall at {from:0.0}: {simulator.Log[^1]}");
        }

        output.WriteLine($"called back in {calledBack.Count} of {Seeds}");
        Assert.True(calledBack.Count == 0, string.Join('\n', calledBack));
    }
}
