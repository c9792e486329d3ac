using Aviator.Simulation;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>
/// The balancers that Aviator is compared with do what is published of them, in order and in rough ratios; otherwise the comparison would
/// be worth nothing.
/// </summary>
public sealed class BalancerTests(ITestOutputHelper output)
{
    [Fact]
    public void Testbed_At90Percent_LeastRequestIsWorstAndPrequalBest()
    {
        var (least, ewma, prequal) = (P99("testbed 90 %", "P2C least request"), P99("testbed 90 %", "P2C peak EWMA"),
            P99("testbed 90 %", "Prequal 0.6"));
        Assert.InRange(least / ewma, 1.8, 4); // published 2.3
        Assert.InRange(ewma / prequal, 1.15, 2); // published 1.4
    }

    [Fact]
    public void Ingress_TwoSlowPods_PrequalIsManyTimesBetterThanBothOthers()
    {
        var prequal = P99("ingress", "Prequal 0.6");
        Assert.True(P99("ingress", "round robin") > 6 * prequal); // published 8.6
        Assert.True(P99("ingress", "least connections") > 6 * prequal); // published 8.5
    }

    [Fact]
    public void Oracle_AmongEqualPods_DoesNoWorseThanAnyOther()
    {
        var oracle = P99("equal pods 70 %", "oracle");
        Assert.All(Arm.All, arm => Assert.True(P99("equal pods 70 %", arm.Name) > oracle * 0.97, arm.Name));
    }

    [Fact]
    public void RoundRobin_OneClient_SendsToEachInTurn()
    {
        var pods = Scenario.Pods(5, Latency.Steady(10)).ToArray();
        var balancer = new RoundRobin(new Random(1));
        var sent = Enumerable.Range(0, 50).Select(_ => balancer.Choose(pods, 0, 0)).ToList();
        Assert.All(pods, pod => Assert.Equal(10, sent.Count(one => one == pod)));
    }

    [Fact]
    public void Clients_LosePatience_FailAndLeaveNothingInFlight()
    {
        var pods = Scenario.Pods(4, Latency.Steady(10));
        var simulator = new Simulator(null, pods, 100, seed: 5) { ClientTimeout = 2 };
        pods[1].Hung = true;
        simulator.Run(60);
        output.WriteLine($"{simulator.Failures} of {simulator.Sent} failed, {pods[1].Rif} in flight");
        Assert.InRange(pods[1].Rif, 20, 80); // 25 a second for 2 s
        Assert.Equal(pods[1].Received - pods[1].Rif, simulator.Failures);
        Assert.All(pods.Where(pod => !pod.Hung), pod => Assert.Equal(0, pod.Failed));
    }

    private static double P99(string scenario, string arm) =>
        ScenarioList.All.Single(one => one.Name == scenario).Run(Arm.All.Single(one => one.Name == arm), seed: 1).P99;
}
