using Aviator.Tests.Browser;
using Aviator.Tests.Fixtures.Boards;
using Xunit;

namespace Aviator.Tests.Page;

/// <summary>What the page says while there is nothing to show.</summary>
public sealed class StatesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cluster_WithoutPolicies_IsSaidToHaveNone()
    {
        await using var page = await LivePage.StartAsync(Stop);
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.SeeAsync("No policy yet");
        await browser.PictureAsync("empty");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Board_ThatHasNotCome_IsSaidToBeRead()
    {
        await using var page = await LivePage.StartAsync(Stop);
        await using var browser = await BrowserPage.OpenAsync(null);
        await browser.Tab.RouteAsync("**/board/events", _ => Task.CompletedTask); // never answered

        await browser.Tab.GotoAsync(page.Address.ToString(), new() { WaitUntil = Microsoft.Playwright.WaitUntilState.DOMContentLoaded });

        await browser.SeeAsync("Reading the board…");
        await browser.SeeAsync("Connecting…");
        await browser.PictureAsync("loading");
    }

    [Fact]
    public async Task Replica_ThatStandsBy_NamesTheOneThatLeads()
    {
        await using var page = await LivePage.StartAsync(Stop);
        (page.Leads, page.Holder) = (false, "aviator-controller-abc_0123abcd");
        page.Keeper.Clear(); // an end of a term is seen at the next board
        await using var browser = await BrowserPage.OpenAsync(page.Address);

        await browser.SeeAsync("Replica aviator-controller-abc leads");
        await browser.SeeAsync($"kubectl port-forward pod/aviator-controller-abc {page.Address.Port}");
        await browser.PictureAsync("standby");
    }

    [Fact]
    public async Task Server_ThatIsGone_IsReconnectedTo()
    {
        await using var page = await LivePage.StartAsync(Stop);
        var cart = ShopScene.Show(page);
        await using var browser = await BrowserPage.OpenAsync(page.Address);
        await browser.SeeAsync("Live, updated");

        await page.StopServingAsync(Stop);
        await browser.SeeAsync("Reconnecting");
        await browser.Row("cart-slow9").WaitForAsync(); // what was known stays, and is said to be old
        await browser.PictureAsync("reconnecting");

        cart.Change(page.Keeper, ShownPolicy.Row("cart-1", 9, reason: "selected: back again"));
        await page.ServeAsync(Stop);
        await browser.SeeAsync("Live, updated");
        await browser.SeeAsync("selected: back again");
        // The browser itself notes each attempt that failed; nothing else may stand there.
        Assert.DoesNotContain(browser.Complaints, complaint => !complaint.Contains("net::ERR_", StringComparison.Ordinal));
    }
}
