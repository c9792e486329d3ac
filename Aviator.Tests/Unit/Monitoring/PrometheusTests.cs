using Aviator.Tests.Fixtures.Monitoring;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>
/// The rules and both dashboards in a real Prometheus that scrapes what the programs expose. That the figures are right under traffic is
/// for the cluster to show (MonitoringClusterTests.cs). Alone: a scrape that other tests make wait for a second has failed.
/// </summary>
[Collection(nameof(PrometheusTests))]
[CollectionDefinition(nameof(PrometheusTests), DisableParallelization = true)]
public sealed class PrometheusTests(Exposition exposition) : IClassFixture<Exposition>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RulesAndDashboards_InARealPrometheus_AreEvaluatedAndNoQueryIsEmpty()
    {
        Assert.SkipUnless(PrometheusServer.IsInstalled, PrometheusServer.Missing);
        await using var prometheus = await PrometheusServer.StartAsync(
            exposition.Targets.Select(target => new ScrapeTarget(target.Key, target.Value)), MonitoringFiles.Rules, Stop);

        var answers = await Rendering.CompleteAsync(prometheus, TimeLimits.Seconds(30), Stop);

        Assert.Equal(MonitoringFiles.AllQueries().Select(row => row.Query), answers.Select(answer => answer.Query));
        var rules = await prometheus.RulesAsync(Stop);
        Assert.Equal(MonitoringFiles.Alerts().Select(alert => alert.Name), rules.Select(rule => rule.Name));
        Assert.All(rules, rule => Assert.Equal(("ok", ""), (rule.Health, rule.Error)));

        // Both labels of a policy are its own, and not those of the controller's pod. (Here both programs are one process, and each of them
        // exposes the meters of both.)
        var policy = Assert.Single(await prometheus.QueryAsync("""aviator_policy_degraded{job="aviator-controller"}""", Stop));
        Assert.Equal(("shop", "web"), (policy.Labels["namespace"], policy.Labels["policy"]));
        var leader = Assert.Single(await prometheus.QueryAsync("""aviator_leader{job="aviator-controller"}""", Stop));
        Assert.Equal("aviator-system", leader.Labels["namespace"]);
    }
}
