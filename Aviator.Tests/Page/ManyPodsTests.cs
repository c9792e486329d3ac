using System.Diagnostics;
using Aviator.Core.Decisions;
using Aviator.Tests.Browser;
using Aviator.Tests.Fixtures.Boards;
using Aviator.Tests.Tooling;
using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.Page;

/// <summary>The page with more pods than a screen holds.</summary>
public sealed class ManyPodsTests(ITestOutputHelper output)
{
    private const int Pods = 500;

    /// <summary>Bounds for a machine with two cores that does other work as well; the figures are in the output.</summary>
    private static readonly double OpenWithinMs = Ms(5), ChangeWithinMs = Ms(2), LongestFrameMs = Ms(0.5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policy_With500Pods_IsShownAndUpdatedInTime()
    {
        await using var page = await LivePage.StartAsync(Stop);
        var big = new ShownPolicy("big");
        for (var turn = 0; turn < 120; turn++) big.Evaluate(page.Keeper, Rows(turn));
        await using var browser = await BrowserPage.OpenAsync(null);
        await browser.Tab.AddInitScriptAsync(
            """
            globalThis.longest = 0;
            new PerformanceObserver((list) => {
              for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
            }).observe({ type: 'longtask' });
            """);

        var began = Stopwatch.GetTimestamp();
        await browser.Tab.GotoAsync(page.Address.ToString());
        await browser.SeeAsync("Pods (500)");
        await browser.Tab.Locator("#pods canvas").First.WaitForAsync();
        var opened = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        await browser.Tab.WaitForTimeoutAsync(500);
        var first = await browser.Tab.EvaluateAsync<double>("longest");
        await browser.Tab.EvaluateAsync("longest = 0");

        began = Stopwatch.GetTimestamp();
        big.Change(page.Keeper, ShownPolicy.Row("big-499", 900, EndpointState.Ejected, "ejected: p99 900ms, limit 250ms"));
        await browser.Row("big-499").GetByText("ejected: p99 900ms").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        var changed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;

        for (var turn = 0; turn < 10; turn++)
        {
            big.Evaluate(page.Keeper, Rows(turn));
            await browser.Tab.Mouse.WheelAsync(0, 900);
            await browser.Tab.WaitForTimeoutAsync(300);
        }

        var longest = await browser.Tab.EvaluateAsync<double>("longest");
        var plots = await browser.Tab.Locator("#pods canvas").CountAsync();
        var size = page.Publisher.Current;
        output.WriteLine(
            $"500 pods: shown after {opened:0} ms (longest task {first:0} ms), a change after {changed:0} ms, " +
            $"longest task while scrolling {longest:0} ms, {plots} plots, " +
            $"board {size.Json.Length / 1024} KB, update {size.Update.Length / 1024} KB");
        await browser.PictureAsync("500-pods");
        Assert.InRange(opened, 0, OpenWithinMs);
        Assert.InRange(changed, 0, ChangeWithinMs);
        Assert.InRange(longest, 0, LongestFrameMs);
        Assert.InRange(plots, 1, 100); // only those in view are made
        Assert.Empty(browser.Complaints);
    }

    private static double Ms(double seconds) => TimeLimits.Seconds(seconds).TotalMilliseconds;

    private static IEnumerable<EndpointRow> Rows(int turn) => Enumerable.Range(0, Pods).Select(pod =>
        ShownPolicy.Row($"big-{pod:000}", 10 + (pod / 10) + (turn + pod) % 7, reason: $"selected: rank {pod + 1} of {Pods}"));
}
