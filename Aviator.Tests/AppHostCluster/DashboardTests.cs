using Aspire.Hosting.Testing;
using Aviator.Tests.Browser;
using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.AppHostCluster;

/// <summary>The dashboard as an operator sees it: in a real browser, which writes what it sees to artifacts/apphost.</summary>
[Collection(nameof(RunningAppHost))]
public sealed class DashboardTests(RunningAppHost host) : IAsyncLifetime
{
    /// <summary>Telemetry comes in every 10 s, and a busy machine draws slowly.</summary>
    private const float LimitMs = 60_000;

    private const int Reloads = 4;

    private const int Width = 1440, Height = 900;

    private Chromium? _browser;
    private IPage _page = null!;
    private Uri _dashboard = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Chromium.Require();
        var app = await host.RequireAsync(Stop);
        _dashboard = await app.GetDashboardUrlAsync(Stop);
        _browser = await Chromium.StartAsync();
        _page = await _browser.NewTabAsync(Width, Height);
        _page.SetDefaultTimeout(LimitMs);
        await _page.GotoAsync(_dashboard.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
    }

    [Fact]
    public async Task Resources_AfterTheStart_AreShownRunning()
    {
        foreach (var name in RunningAppHost.Programs) await Row(name).Filter(new() { HasText = "Running" }).WaitForAsync();
        await Row("workload").Filter(new() { HasText = "Finished" }).WaitForAsync();
        await PictureAsync("resources", 440);
    }

    [Fact]
    public async Task Traces_OfAnEvaluation_ShowItsSpans()
    {
        // The first evaluations come before the controller leads, and write nothing; and what is seen may be the last of these.
        await ReloadUntilAsync(
            async () =>
            {
                await OpenAsync("traces/resource/controller");
                var title = await _page.Locator("td[title*='evaluate']").Last.GetAttributeAsync("title");
                await OpenAsync($"traces/detail/{title!.Split("Trace Id: ")[1].Trim()}");
            },
            Span("write"));
        foreach (var span in new[] { "evaluate", "collect", "rank", "decide", "write", "commit" }) await Span(span).WaitForAsync();
        await PictureAsync("trace", 400);
    }

    [Fact]
    public async Task Metrics_OfThePolicy_HavePoints()
    {
        const string Instrument = "metrics/resource/controller?meter=Aviator.Controller&instrument=aviator.policy.latency.p99&duration=5";
        await ReloadUntilAsync(
            () => OpenAsync($"{Instrument}&view=Table"),
            _page.GetByRole(AriaRole.Row).Filter(new() { HasTextRegex = new(@"\d+:\d+:\d+") }).First);
        await OpenAsync($"{Instrument}&view=Graph");
        await _page.Locator(".js-plotly-plot .main-svg").First.WaitForAsync();
        await PictureAsync("metric", Height);
    }

    private ILocator Span(string name) => _page.GetByRole(AriaRole.Gridcell).Filter(new() { HasText = name }).First;

    private ILocator Row(string name) =>
        _page.GetByRole(AriaRole.Row).Filter(new() { Has = _page.GetByText(name, new() { Exact = true }) });

    private async Task OpenAsync(string path) => await _page.GotoAsync(new Uri(_dashboard, $"/{path}").ToString());

    /// <summary>
    /// Opens a page until it shows this, again and again, as a user would. A table that is opened before its first point came in breaks
    /// in the dashboard itself: it says "Loading…", then "An unhandled error has occurred. Reload".
    /// </summary>
    private static async Task ReloadUntilAsync(Func<Task> open, ILocator shown)
    {
        for (var left = Reloads; ; left--)
        {
            await open();
            try
            {
                await shown.WaitForAsync(new() { Timeout = LimitMs / Reloads });
                return;
            }
            catch (TimeoutException) when (left > 1)
            {
                // Opened again.
            }
        }
    }

    /// <summary>The window down to <paramref name="height"/> pixels: docs/images holds two of the pictures, cut where they end.</summary>
    private async Task PictureAsync(string name, int height) => await _page.ScreenshotAsync(new()
    {
        Path = Path.Combine(TestCluster.Artifacts, $"{name}.png"),
        Clip = new() { Width = Width, Height = height },
    });
}
