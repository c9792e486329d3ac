using Aviator.Tests.Fixtures.Boards;
using Aviator.Tests.Kit;
using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.Page;

/// <summary>A tab of a real browser that shows the live page, and collects what the browser complains of.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private const string Browser = "/usr/bin/chromium";

    /// <summary>A busy machine draws slowly.</summary>
    private const float LimitMs = 20_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private BrowserPage(IPlaywright playwright, IBrowser browser, IPage tab)
    {
        (_playwright, _browser, Tab) = (playwright, browser, tab);
        Tab.SetDefaultTimeout(LimitMs);
        Tab.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Add(message.Text);
        };
        Tab.PageError += (_, fault) => Complaints.Add(fault);
    }

    /// <summary>The tab.</summary>
    public IPage Tab { get; }

    /// <summary>Errors and warnings in the browser's console, and faults of scripts.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Opens the page, or an empty tab when there is no page.</summary>
    public static async Task<BrowserPage> OpenAsync(
        LivePage? page, int width = 1440, int height = 1000, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipUnless(File.Exists(Browser), "chromium is not installed (apt-get install chromium)");
        var playwright = await Playwright.CreateAsync();
        // Root's browser has no sandbox; it opens nothing but the page.
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Browser, Args = ["--no-sandbox"] });
        var tab = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var opened = new BrowserPage(playwright, browser, tab);
        if (page is not null) await tab.GotoAsync(page.Address.ToString());
        return opened;
    }

    /// <summary>The row of a pod.</summary>
    public ILocator Row(string pod) =>
        Tab.Locator("#pods tbody tr").Filter(new() { Has = Tab.GetByText(pod, new() { Exact = true }) });

    /// <summary>Waits for the text to be seen.</summary>
    public Task SeeAsync(string text, float? limitMs = null) =>
        Tab.GetByText(text).First.WaitForAsync(new() { Timeout = limitMs ?? LimitMs });

    /// <summary>Writes what is seen to artifacts/page.</summary>
    public async Task PictureAsync(string name, bool whole = false)
    {
        // The plots are drawn in the frame after their rows came into view.
        await Tab.WaitForTimeoutAsync(300);
        await Tab.ScreenshotAsync(new() { Path = Path.Combine(Repository.File("artifacts/page"), $"{name}.png"), FullPage = whole });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
