using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.Browser;

/// <summary>The machine's own Chromium, without a window.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Skips the test where there is no browser.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists(Program), "chromium is not installed (apt-get install chromium)");

    /// <summary>Starts one; skips the test where there is none.</summary>
    public static async Task<Chromium> StartAsync()
    {
        Require();
        var playwright = await Playwright.CreateAsync();
        // Root's browser has no sandbox; it opens nothing but what the tests serve.
        return new(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] }));
    }

    /// <summary>An empty tab.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    public Task<IPage> NewTabAsync(int width, int height, ColorScheme scheme = ColorScheme.Light) =>
        _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
