using System.Net;
using System.Net.Http.Json;
using Aviator.Controller.Boards;
using Aviator.Core.Boards;
using Aviator.Tests.Fixtures.Boards;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>The page and its JSON over real HTTP.</summary>
public sealed class PageServerTests : PageTest
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/page.js", "text/javascript")]
    [InlineData("/uplot.js", "text/javascript")]
    [InlineData("/uplot.css", "text/css")]
    [InlineData("/table.css", "text/css")]
    [InlineData("/icon.svg", "image/svg+xml")]
    [InlineData("/uplot-license.txt", "text/plain")]
    public async Task File_OfThePage_IsServedWithItsType_AndSafely(string path, string type)
    {
        using var answer = await Client.GetAsync(path, Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync(Stop));
        var headers = answer.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value));
        Assert.Contains("default-src 'none'", headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Equal("nosniff", headers["X-Content-Type-Options"]);
        Assert.Equal("no-referrer", headers["Referrer-Policy"]);
        Assert.Equal("no-store", headers["Cache-Control"]);
        Assert.DoesNotContain("Server", headers.Keys);
    }

    [Fact]
    public async Task Path_OfNoFile_IsNotFound() =>
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync("/../Program.cs", Stop)).StatusCode);

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Method_ThatWrites_IsRefused(string method)
    {
        using var request = new HttpRequestMessage(new(method), BoardAddress.Path);
        using var answer = await Client.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Head_OfThePage_HasNoBody()
    {
        using var answer = await Client.SendAsync(new(HttpMethod.Head, "/"), Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Stop));
    }

    /// <summary>A site whose own name points at the loopback address must not read the page.</summary>
    [Theory]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost:9467", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:1234", HttpStatusCode.OK)]
    [InlineData("[::1]:9467", HttpStatusCode.OK)]
    public async Task Request_UnderAName_IsAnsweredOnlyForThisMachine(string host, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = host } };
        using var answer = await Client.SendAsync(request, Stop);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public void Server_ListensOnLoopbackAlone() => Assert.True(IPAddress.IsLoopback(IPAddress.Parse(Page.Address.Host)));

    [Fact]
    public async Task Board_OfTheLeader_IsItsPolicies()
    {
        new ShownPolicy("cart").Evaluate(Page.Keeper, ShownPolicy.Row("a", 20));
        await Page.Publisher.NextAsync(board => board.Policies.Count == 1, Stop);

        var board = await Client.GetFromJsonAsync(BoardAddress.Path, BoardJson.Default.Board, Stop);

        Assert.Equal((Board.CurrentVersion, true), (board!.Version, board.Leads));
        Assert.Equal("a", board.Policies[0].Endpoints[0].Pod);
        Assert.NotNull(board.Policies[0].Endpoints[0].History);
    }

    [Fact]
    public async Task Board_OfAReplicaThatStandsBy_NamesTheLeader()
    {
        new ShownPolicy("cart").Evaluate(Page.Keeper, ShownPolicy.Row("a", 20));
        (Page.Leads, Page.Holder) = (false, "aviator-controller-x_0123abcd");
        Page.Keeper.Forget("nobody");
        await Page.Publisher.NextAsync(board => !board.Leads, Stop);

        using var answer = await Client.GetAsync(BoardAddress.Path, Stop);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var board = await answer.Content.ReadFromJsonAsync(BoardJson.Default.Board, Stop);
        Assert.Equal("aviator-controller-x", board!.Leader);
        Assert.Empty(board.Policies);
    }

    [Fact]
    public async Task Start_OnAPortThatIsTaken_LeavesTheControllerRunning()
    {
        var options = Microsoft.Extensions.Options.Options.Create(new PageOptions { Enabled = true, Port = Page.Address.Port });
        await using var second = new PageServer(
            options, Page.Publisher, Page.Simulations, TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

        await second.StartAsync(Stop);

        Assert.Null(second.Address);
    }
}
