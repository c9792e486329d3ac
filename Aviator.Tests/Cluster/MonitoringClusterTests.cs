using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Fixtures.Monitoring;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>What deploy/monitoring has for a Prometheus and a Grafana, with the real programs on a cluster that is well.</summary>
[Collection(Disruptive.Name)]
public sealed class MonitoringClusterTests(ClusterFixture cluster) : ReplicaTest(cluster)
{
    /// <summary>A policy that both kernels and slices carry out, so that every panel has something to show.</summary>
    private const string Both = "routing: KernelAndService\nevaluationInterval: 1s\nselection: {mode: threshold}";

    private static readonly TimeSpan RenderLimit = TimeLimits.Seconds(40);

    [Fact]
    public async Task RulesAndDashboards_InARealPrometheusUnderTraffic_ShowEveryQueryAndFireNoAlert()
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, PrometheusServer.Missing);
        var watchdog = await WatchdogAsync(TimeSpan.FromSeconds(30));
        var controller = await ControllerAsync("controller", DefaultLease);
        await LeaderAsync(controller);
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Both);
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Steering", "True", "KernelAndService");

        await using var prometheus = await PrometheusServer.StartAsync(
        [
            new("controller", controller.Address), new("agent", AviatorProcesses.AgentAddress), new("watchdog", watchdog.Address),
        ], MonitoringFiles.Rules, Stop);
        var answers = await Rendering.CompleteAsync(prometheus, RenderLimit, Stop);
        foreach (var (query, series) in answers)
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{query.Panel}: {string.Join(", ", series.Take(4).Select(one => $"{one.Value:0.####}"))} ({series.Count} series)");

        // The figures are those of this cluster, under its own names.
        Assert.Equal(1, await prometheus.ValueAsync("sum(aviator_leader)", Stop));
        Assert.Equal((2.0, 3.0), (await EndpointsAsync(prometheus, "active"), await EndpointsAsync(prometheus, "ready")));
        Assert.Equal(1, await prometheus.ValueAsync("max(aviator_steering_nodes{state=\"steering\"})", Stop));
        var rate = 0.0;
        await Waiting.UntilAsync("the rate of 60 requests a second, once 15 s of it are scraped", DecisionLimit, async () =>
        {
            rate = await prometheus.ValueAsync("sum(rate(aviator_agent_requests_total[15s]))", Stop);
            return rate is > 40 and < 80;
        }, Stop, () => $"it is {rate:0.#}");

        var rules = await prometheus.RulesAsync(Stop);
        Assert.Equal(MonitoringFiles.Alerts().Select(alert => alert.Name), rules.Select(rule => rule.Name));
        Assert.All(rules, rule => Assert.Equal(("ok", ""), (rule.Health, rule.Error)));
        Assert.DoesNotContain(rules, rule => rule.State == "firing");
        await NothingLostAsync(traffic);
    }

    private Task<double> EndpointsAsync(PrometheusServer prometheus, string state) =>
        prometheus.ValueAsync($$"""aviator_policy_endpoints{state="{{state}}",namespace="{{Namespace}}",policy="policy"}""", Stop);
}
