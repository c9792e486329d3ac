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
        await WeightAsync(70);
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ShareIsAsync(traffic, 0.5, 0.75);
        await VerdictBecomesAsync(figures, token, "pass");

        await WeightAsync(90);
        await ShareIsAsync(traffic, 0.7, 0.95);
        await VerdictBecomesAsync(figures, token, "pass");
        Assert.Equal(HttpStatusCode.OK, (await figures.AskAsync(HttpMethod.Post, Analysis, token, Stop)).Status);

        await Workload.SetDelayAsync("new", 100, Stop);
        var reason = await VerdictBecomesAsync(figures, token, "worse");
        Assert.StartsWith("The candidate's p95 is ", reason, StringComparison.Ordinal);
        Assert.EndsWith("It is one pod: its node may be the cause.", reason, StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.PreconditionFailed, (await figures.AskAsync(HttpMethod.Post, Analysis, token, Stop)).Status);

        await WeightAsync(0);
        await ShareIsAsync(traffic, 0, 0);
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
    /// Waits until the new version's share of the last 8 s is in a range. Without weights one pod of four has 0.25; of two pods drawn by
    /// weight the one with less in flight is taken, and where hardly anything is in flight that moves a share towards those of equals.
    /// </summary>
    private static async Task ShareIsAsync(TrafficGenerator traffic, double least, double most)
    {
        var share = double.NaN;
        await Waiting.UntilAsync($"the new version to have {least:P0} to {most:P0} of the requests", DecisionLimit, () =>
        {
            share = traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(8)).Share("new");
            return Task.FromResult(share >= least && share <= most);
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
