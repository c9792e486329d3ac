using System.Collections.Concurrent;
using Aviator.Tests.Kit;
using Microsoft.Playwright;

namespace Aviator.Tests.Browser;

/// <summary>A tab of a real browser that shows the live page; it collects what the browser asks for and what it complains of.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    /// <summary>A busy machine draws slowly.</summary>
    private const float LimitMs = 20_000;

    private readonly Chromium _browser;

    private BrowserPage(Chromium browser, IPage tab)
    {
        (_browser, Tab) = (browser, tab);
        Tab.SetDefaultTimeout(LimitMs);
        Tab.Request += (_, request) => Requests.Enqueue(request.Url);
        Tab.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Enqueue(message.Text);
        };
        Tab.PageError += (_, fault) => Complaints.Enqueue(fault);
    }

    /// <summary>The tab.</summary>
    public IPage Tab { get; }

    /// <summary>What the browser asked for, by address.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Errors and warnings in the browser's console, and faults of scripts.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Opens the page, or an empty tab when there is no page; skips the test where there is no browser.</summary>
    public static async Task<BrowserPage> OpenAsync(
        Uri? page, int width = 1440, int height = 1000, ColorScheme scheme = ColorScheme.Light)
    {
        var browser = await Chromium.StartAsync();
        var opened = new BrowserPage(browser, await browser.NewTabAsync(width, height, scheme));
        if (page is not null) await opened.Tab.GotoAsync(page.ToString());
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
    public ValueTask DisposeAsync() => _browser.DisposeAsync();
}
