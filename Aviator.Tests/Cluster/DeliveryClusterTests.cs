using System.Net;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// A new version is let in by its latency, and taken back for it: weights by spec.canary, verdicts by the analysis, from the installed
/// chart. The test is the tool that delivers it.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class DeliveryClusterTests(ClusterFixture cluster) : ReleaseTest(cluster)
{
    private const double RequestsPerSecond = 120;

    /// <summary>A window of 20 s must be full, and slow machines report late.</summary>
    private static readonly TimeSpan VerdictLimit = TimeLimits.Seconds(60);

    private string Analysis => $"/analysis/v1/namespaces/{Namespace}/services/{Workload.Service}?window=20s";

    [Fact]
    public async Task NewVersion_IsLetInByItsLatency_AndTakenBackWhenItTurnsSlow()
    {
        await AddVersionAsync("v1", "a", "b", "c");
        await AddVersionAsync("v2", "new");
        var target = await Workload.ExposeAsync(Stop);
        await Release.InstallAsync(Stop, "controller.autoscaling.enabled=true", "controller.autoscaling.apiService=false");
        await Workload.ApplyAsync(FigureService.AccountManifest, Stop);
        using var figures = await FigureService.ConnectAsync(Api, Namespace, Stop);
        var token = await figures.TokenAsync(FigureService.Account, Stop);

        await using var traffic = Traffic(target, RequestsPerSecond);
        await WeightAsync(40);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ShareIsAsync(traffic, 40);
        await WeightAsync(70);
        await ShareIsAsync(traffic, 70);
        await VerdictBecomesAsync(figures, token, "pass");

        await WeightAsync(90);
        await ShareIsAsync(traffic, 90);
        await VerdictBecomesAsync(figures, token, "pass");
        Assert.Equal(HttpStatusCode.OK, (await figures.AskAsync(HttpMethod.Post, Analysis, token, Stop)).Status);

        await Workload.SetDelayAsync("new", 100, Stop);
        var slowSince = traffic.Now;
        var reason = await VerdictBecomesAsync(figures, token, "worse");
        Assert.StartsWith("The candidate's p95 is ", reason, StringComparison.Ordinal);
        Assert.EndsWith("It is one pod: its node may be the cause.", reason, StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.PreconditionFailed, (await figures.AskAsync(HttpMethod.Post, Analysis, token, Stop)).Status);

        // Slow as it is, it has had its share: the weight is the deliverer's to take back.
        await ElapsedAsync(traffic, 8);
        var slow = traffic.Snapshot(slowSince + TimeSpan.FromSeconds(1)).Share("new");
        Assert.InRange(slow, 0.86, 0.94);
        await WeightAsync(0);
        await ShareIsAsync(traffic, 0);
        await NothingLostAsync(traffic);
    }

    private Task AddVersionAsync(string version, params string[] pods) => Workload.AddAsync(
        pods,
        (name, delay) => Workload.PodManifest(name, delay)
            .Replace("labels: {", $"labels: {{version: {version}, ", StringComparison.Ordinal)
            + "\n      resources: {requests: {cpu: 100m}}",
        Stop);

    private Task WeightAsync(int percent) => ApplyPolicyAsync(
        $"routing: Kernel\nselection: {{mode: adaptive}}\ncanary: {{selector: {{matchLabels: {{version: v2}}}}, weight: {percent}}}");

    /// <summary>
    /// Waits until the new version has had its weight of the requests for 8 s, within four percentage points: nearly three standard
    /// deviations of so many. Without weights one pod of four has 25 %.
    /// </summary>
    private static async Task ShareIsAsync(TrafficGenerator traffic, int percent)
    {
        var share = double.NaN;
        await Waiting.UntilAsync($"the new version to have {percent} % of the requests", DecisionLimit, () =>
        {
            share = traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(8)).Share("new");
            return Task.FromResult(percent == 0 ? share == 0 : Math.Abs(share - (percent / 100.0)) <= 0.04);
        }, Stop, () => $"it has {share:P1}");
        TestContext.Current.TestOutputHelper?.WriteLine($"The new version has {share:P1} of the requests");
    }

    private async Task<string> VerdictBecomesAsync(FigureService figures, string token, string verdict)
    {
        var (last, reason) = ("", "");
        var took = await Waiting.UntilAsync($"the verdict {verdict}", VerdictLimit, async () =>
        {
            (var status, last) = await figures.AskAsync(HttpMethod.Get, Analysis, token, Stop);
            if (status != HttpStatusCode.OK) return false;
            using var report = JsonDocument.Parse(last);
            reason = report.RootElement.GetProperty("reason").GetString()!;
            return report.RootElement.GetProperty("verdict").GetString() == verdict;
        }, Stop, () => last);
        TestContext.Current.TestOutputHelper?.WriteLine($"{verdict} after {took.TotalSeconds:0.0} s: {reason}");
        return reason;
    }

    private protected override async Task ReportReleaseAsync()
    {
        var output = TestContext.Current.TestOutputHelper;
        foreach (var component in (string[])["controller", "agent"])
        {
            output?.WriteLine((await Api.Kubectl.TryAsync(
                ["logs", "-n", ChartRelease.Home, "-l", $"app.kubernetes.io/component={component}", "--tail=200", "--prefix"],
                cancellationToken: CancellationToken.None)).Output);
        }
    }
}
