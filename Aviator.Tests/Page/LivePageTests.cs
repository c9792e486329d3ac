using Aviator.Core.Decisions;
using Aviator.Tests.Browser;
using Aviator.Tests.Fixtures.Boards;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Aviator.Tests.Page;

/// <summary>The live page as people see it. What they see is written to artifacts/page.</summary>
public sealed class LivePageTests
{
    /// <summary>A change is seen so soon; the bound.</summary>
    private const float SeenWithinMs = 2000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policy_WithASlowPod_SaysWhyItGetsNothing()
    {
        await using var page = await LivePage.StartAsync(Stop);
        ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.SeeAsync("ejected: p99 410ms, limit 250ms");
        var row = await browser.Row("cart-slow9").InnerTextAsync();
        Assert.Contains("Ejected", row);
        Assert.Contains("410 ms", row);
        Assert.Contains("more", row); // the breaker's countdown
        Assert.Equal("cart-slow9", await browser.Tab.Locator("#pods .pod-name").First.InnerTextAsync()); // what gets nothing stands first
        await browser.SeeAsync("10 of 12 pods in use");
        Assert.Equal(3, await browser.Tab.Locator("#policies button").CountAsync());
        Assert.Contains("tp_btf/tcp_probe", await browser.Tab.Locator("#nodes").InnerTextAsync());
        Assert.Equal(2, await browser.Tab.Locator("#timeline li").CountAsync());
        await browser.Tab.Locator("#overview canvas").WaitForAsync();
        await browser.Row("cart-slow9").Locator("canvas").WaitForAsync();
        await browser.PictureAsync("policy");
        await browser.PictureAsync("whole", whole: true);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Change_OfADecision_IsSeenWithinTwoSeconds()
    {
        await using var page = await LivePage.StartAsync(Stop);
        var cart = ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address);
        await browser.SeeAsync("Live, updated");

        cart.Change(page.Keeper, ShownPolicy.Row("cart-3", 700, EndpointState.Ejected, "ejected: p99 700ms, limit 250ms"));

        await browser.Row("cart-3").GetByText("ejected: p99 700ms").WaitForAsync(new() { Timeout = SeenWithinMs });
        await browser.Tab.Locator("#timeline").GetByText("cart-3").First.WaitForAsync(new() { Timeout = SeenWithinMs });
        Assert.Contains("cart-3: Ejected.", await browser.Tab.Locator("#announcements").InnerTextAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Text_FromTheCluster_IsShownAsItIs()
    {
        const string Reason = "selected: <img src=x onerror=document.title=1> & <b>more</b>";
        await using var page = await LivePage.StartAsync(Stop);
        new ShownPolicy("cart").Evaluate(page.Keeper, ShownPolicy.Row("cart-1", 10, reason: Reason));
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.SeeAsync(Reason);
        Assert.Equal(0, await browser.Tab.Locator("#pods img, #pods b").CountAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Policy_ThatObserves_SaysThatNothingIsMoved()
    {
        await using var page = await LivePage.StartAsync(Stop);
        ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.Tab.GetByRole(AriaRole.Button, new() { Name = "shop/checkout" }).ClickAsync();

        await browser.SeeAsync("This policy only observes");
        await browser.SeeAsync("Enforced, it would move 50 % of the requests. Now the p99 of all answers is 298 ms and the median 20 ms;");
        await browser.SeeAsync("of those from where requests would go they are 40 ms and 10 ms.");
        await browser.SeeAsync("Would be in use");
        Assert.Contains("would get nothing", await browser.Row("checkout-2").InnerTextAsync());
        await browser.PictureAsync("observe");
    }

    [Fact]
    public async Task Policy_WithAnEngine_ShowsQueueAndCache_AndADashWhereTheyAreNotKnown()
    {
        await using var page = await LivePage.StartAsync(Stop);
        new ShownPolicy("llm", engine: "vLLM").Evaluate(
            page.Keeper,
            ShownPolicy.Row("llm-busy", 200) with { Engine = new(12.4, 0.834, 40) },
            ShownPolicy.Row("llm-idle", 90) with { Engine = new(0, 0, 1) },
            ShownPolicy.Row("llm-silent", 80));
        new ShownPolicy("web").Evaluate(page.Keeper, ShownPolicy.Row("web-1", 10));
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.SeeAsync("engine vLLM");
        Assert.Equal("Engine: 12 waiting · cache 83 %", await browser.Row("llm-busy").Locator(".engine").InnerTextAsync());
        Assert.Equal("Engine: 0 waiting · cache 0 %", await browser.Row("llm-idle").Locator(".engine").InnerTextAsync());
        Assert.Equal("Engine: – waiting · cache –", await browser.Row("llm-silent").Locator(".engine").InnerTextAsync());
        await browser.PictureAsync("engines");

        await browser.Tab.GetByRole(AriaRole.Button, new() { Name = "shop/web" }).ClickAsync();
        await browser.Row("web-1").WaitForAsync();
        Assert.DoesNotContain("ngine", await browser.Tab.Locator("#policy").InnerTextAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Keyboard_Alone_ChoosesAPolicyAndFilters()
    {
        await using var page = await LivePage.StartAsync(Stop);
        ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address);
        await browser.SeeAsync("Live, updated");

        await browser.Tab.GetByRole(AriaRole.Button, new() { Name = "shop/search" }).FocusAsync();
        await browser.Tab.Keyboard.PressAsync("Enter");
        await browser.Row("search-2").WaitForAsync();
        await browser.Tab.GetByRole(AriaRole.Searchbox).FocusAsync();
        await browser.Tab.Keyboard.TypeAsync("search-2");

        await browser.SeeAsync("Pods (1 of 4)");
        Assert.EndsWith("#shop%2Fsearch", browser.Tab.Url);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440)]
    [InlineData(ColorScheme.Dark, 1440)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Page_InEachLook_HasNothingSeriousForAxe_AndFits(ColorScheme scheme, int width)
    {
        await using var page = await LivePage.StartAsync(Stop);
        ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address, width, width == 360 ? 780 : 1000, scheme);
        await browser.SeeAsync("ejected: p99 410ms");

        Assert.True(
            await browser.Tab.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page scrolls sideways.");
        var result = await browser.Tab.RunAxe();
        Assert.Empty(result.Violations.Where(found => found.Impact is "serious" or "critical")
            .Select(found => $"{found.Id}: {found.Nodes[0].Html}"));
        // A phone's picture is of all that one scrolls through.
        if (width == 360) await browser.Tab.SetViewportSizeAsync(width, 2000);
        await browser.PictureAsync($"{scheme}-{width}".ToLowerInvariant());
        Assert.Empty(browser.Complaints);
    }
}
