using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Aviator.Core.Measurement;
using Aviator.Tests.Browser;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// The live page in a real browser, as the controller serves it that leads on a real cluster. What it shows is written to artifacts/page.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class LivePageClusterTests(ClusterFixture cluster) : ReplicaTest(cluster)
{
    private const string Threshold = "selection: {mode: threshold}";

    /// <summary>A change is seen so soon after the cluster has it.</summary>
    private static readonly TimeSpan SeenWithin = TimeLimits.Seconds(2);

    private static readonly float DecisionMs = (float)DecisionLimit.TotalMilliseconds;

    private readonly Uri _page = new($"http://127.0.0.1:{FreePort.Find()}/");

    public override async ValueTask InitializeAsync()
    {
        Chromium.Require();
        await base.InitializeAsync();
    }

    [Fact]
    public async Task Page_FromNoPolicyToAPodThatTurnsSlow_ShowsWhatTheClusterHas()
    {
        await ServePageAsync();
        await using var browser = await BrowserPage.OpenAsync(_page);
        await browser.SeeAsync("No policy yet");
        await browser.PictureAsync("cluster-empty");

        await using var traffic = await SteerAsync();
        await browser.SeeAsync($"{Namespace}/policy", DecisionMs);
        await browser.SeeAsync("3 of 4 pods in use", DecisionMs);
        Assert.Equal(["a", "b", "c", "slow"], (await browser.Tab.Locator("#pods .pod-name").AllInnerTextsAsync()).Order());
        Assert.Equal(["slow"], await browser.Tab.Locator("#pods tr[data-out=true] .pod-name").AllInnerTextsAsync());
        foreach (var pod in Workload.Pods.Values)
            Assert.Contains(pod.Address.ToString(), await browser.Row(pod.Name).InnerTextAsync());
        Assert.Matches(@"^(unselected|dormant|ejected): .*\d+ ms", await browser.Row("slow").Locator(".why").InnerTextAsync());
        Assert.StartsWith("selected: rank ", await browser.Row("a").Locator(".why").InnerTextAsync(), StringComparison.Ordinal);
        var (source, hooks) = await AgentSaysAsync();
        var node = await browser.Tab.Locator("#nodes tr").AllInnerTextsAsync();
        Assert.StartsWith($"{Fixture.Node}\t{source}\t{hooks}\t", Assert.Single(node), StringComparison.Ordinal);

        await Workload.SetDelayAsync("c", 300, Stop);
        await SeenSoonAsync(
            "c out of use", browser.Tab.Locator("#pods tr[data-out=true]").GetByText("c", new() { Exact = true }),
            ("slices", async () => !(await ShapeAsync()).OwnReady.Overlaps(Workload.Addresses("c"))),
            ("status", async () => await StateAsync("c") is "Unselected" or "Dormant" or "Ejected"));
        Assert.Contains("c", await browser.Tab.Locator("#timeline li").First.InnerTextAsync(), StringComparison.Ordinal);
        await browser.PictureAsync("cluster-change", whole: true);

        await ApplyPolicyAsync($"{Threshold}\nmode: Observe");
        await SeenSoonAsync(
            "a policy that observes", browser.Tab.GetByText("This policy only observes"),
            ("status", async () => await ConditionAsync("Steering") is { Status: "False" }));

        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, request => Assert.StartsWith(_page.ToString(), request, StringComparison.Ordinal));
        Assert.Contains(new Uri(_page, "/board/events").ToString(), browser.Requests);
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task Controller_ThatEnds_LeavesThePageWithWhatItKnew_UntilTheNextOneServes()
    {
        var controller = await ServePageAsync();
        await using var traffic = await SteerAsync();
        await using var browser = await BrowserPage.OpenAsync(_page);
        await browser.SeeAsync("3 of 4 pods in use", DecisionMs);
        await browser.SeeAsync("Live, updated");

        var clock = Stopwatch.StartNew();
        await controller.Process.StopAsync(TimeLimits.ProgramEnd);
        await browser.SeeAsync("Reconnecting: last news");
        Say($"the lost connection is shown {clock.Elapsed.TotalSeconds:0.00} s after the controller was told to end");
        Assert.Contains("Connection lost", await browser.Tab.Locator("#announcements").InnerTextAsync(), StringComparison.Ordinal);
        Assert.True(await browser.Row("slow").IsVisibleAsync());
        await browser.PictureAsync("cluster-lost");

        await ServePageAsync();
        clock.Restart();
        await browser.SeeAsync("Live, updated", DecisionMs);
        await browser.SeeAsync("3 of 4 pods in use", DecisionMs);
        Say($"the page is back {clock.Elapsed.TotalSeconds:0.00} s after the next controller was ready");
        Assert.Equal(["slow"], await browser.Tab.Locator("#pods tr[data-out=true] .pod-name").AllInnerTextsAsync());
        // The browser itself notes each attempt that failed; nothing else may stand there.
        Assert.DoesNotContain(browser.Complaints, complaint => !complaint.Contains("net::ERR_", StringComparison.Ordinal));
        await NothingLostAsync(traffic);
    }

    private async Task<Replica> ServePageAsync()
    {
        var controller = await ControllerAsync("controller", DefaultLease, new Dictionary<string, string>
        {
            ["Aviator__Page__Enabled"] = "true",
            ["Aviator__Page__Port"] = _page.Port.ToString(CultureInfo.InvariantCulture),
        });
        await LeaderAsync(controller);
        return controller;
    }

    /// <summary>Four pods, one of them slow, under traffic and a policy that is carried out.</summary>
    private async Task<TrafficGenerator> SteerAsync()
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "slow:300");
        var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b", "c");
        return traffic;
    }

    /// <summary>
    /// Waits until the page shows a change and the cluster has it, and holds that the page was not much later. Both are taken by this
    /// process's clock: the page's moment is when the browser has drawn the change, the cluster's is the beginning of the last look that
    /// did not find it yet, so what looks take counts against the page.
    /// </summary>
    /// <param name="what">The change.</param>
    /// <param name="shown">What the page shows then.</param>
    /// <param name="looks">Where the cluster has it, by name, and whether it does.</param>
    private static async Task SeenSoonAsync(string what, ILocator shown, params (string Where, Func<Task<bool>> IsThere)[] looks)
    {
        var clock = Stopwatch.StartNew();
        var page = ShownAsync();
        var there = await Task.WhenAll(looks.Select(LastWithoutAsync));
        var seen = await page;
        Say($"{what}: on the page at {seen.TotalSeconds:0.00} s; "
            + string.Join(", ", looks.Zip(there, (look, at) => $"not yet in {look.Where} at {at.TotalSeconds:0.00} s")));
        Assert.InRange(seen - there.Min(), TimeSpan.MinValue, SeenWithin);

        async Task<TimeSpan> ShownAsync()
        {
            await shown.First.WaitForAsync(new() { Timeout = DecisionMs });
            return clock.Elapsed;
        }

        async Task<TimeSpan> LastWithoutAsync((string Where, Func<Task<bool>> IsThere) look)
        {
            var last = TimeSpan.Zero;
            await Waiting.UntilAsync($"{what} in {look.Where}", DecisionLimit, async () =>
            {
                var began = clock.Elapsed;
                if (await look.IsThere()) return true;
                last = began;
                return false;
            }, Stop, pause: TimeSpan.FromMilliseconds(50));
            return last;
        }
    }

    /// <summary>A pod's state by the policy's status; null where it has none.</summary>
    private async Task<string?> StateAsync(string pod)
    {
        if (await Api.PolicyAsync(Namespace, "policy", Stop) is not { } policy || !policy.TryGetProperty("status", out var status) ||
            !status.TryGetProperty("podLatencies", out var rows)) return null;
        return rows.EnumerateArray().Where(row => row.GetProperty("name").GetString() == pod)
            .Select(row => row.GetProperty("state").GetString()).FirstOrDefault();
    }

    /// <summary>The node's source and hooks as its own agent has them.</summary>
    private static async Task<(string Source, string Hooks)> AgentSaysAsync()
    {
        using var http = new HttpClient { BaseAddress = AviatorProcesses.AgentAddress };
        var report = (await http.GetFromJsonAsync("/latencies", MeasurementJson.Default.NodeReport, Stop))!;
        return (report.Source == LatencySource.Ebpf ? "ebpf" : "probe", report.SourceDetail);
    }

    private static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
