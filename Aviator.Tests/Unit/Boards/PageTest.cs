using Aviator.Tests.Fixtures.Boards;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>A test of what the page's server answers, over real HTTP.</summary>
public abstract class PageTest : IAsyncLifetime
{
    private protected LivePage Page { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Page = await LivePage.StartAsync(Stop);
        Client = new() { BaseAddress = Page.Address, Timeout = TimeSpan.FromSeconds(10) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Page.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
