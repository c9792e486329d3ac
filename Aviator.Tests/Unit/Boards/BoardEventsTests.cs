using System.Net;
using System.Text.Json;
using Aviator.Controller.Boards;
using Aviator.Core.Boards;
using Aviator.Tests.Fixtures.Boards;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>The board as server-sent events, over real HTTP.</summary>
public sealed class BoardEventsTests : IAsyncLifetime
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _limit = new(TimeLimits.InProcess);
    private LivePage _page = null!;

    public async ValueTask InitializeAsync() => _page = await LivePage.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _limit.Dispose();
        await _page.DisposeAsync();
    }

    [Fact]
    public async Task Listener_GetsTheWholeBoardFirst_ThenUpdatesWithoutHistories()
    {
        var cart = new ShownPolicy("cart").Evaluate(_page.Keeper, ShownPolicy.Row("a", 20));
        await _page.Publisher.NextAsync(board => board.Policies.Count == 1, _limit.Token);
        using var answer = await ListenAsync();
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(_limit.Token));

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("retry: 2000", await lines.ReadLineAsync(_limit.Token));
        Assert.NotNull((await NextAsync(lines, "board")).Policies[0].Endpoints[0].History);

        cart.Evaluate(_page.Keeper, ShownPolicy.Row("a", 77));
        Board update;
        do update = await NextAsync(lines, "update");
        while (update.Policies[0].Endpoints[0].P99Ms < 77);
        Assert.Null(update.Policies[0].Endpoints[0].History);
        Assert.Empty(update.Policies[0].HistoryAtMs);
        Assert.NotNull(update.Policies[0].EvaluatedAtMs);
    }

    [Fact]
    public async Task Listener_BeyondTheLimit_IsRefused_UntilOneLeaves()
    {
        var listeners = new List<HttpResponseMessage>();
        for (var number = 0; number < BoardLimits.Listeners; number++) listeners.Add(await ListenAsync());
        using (var refused = await ListenAsync())
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("16 pages listen already", await refused.Content.ReadAsStringAsync(_limit.Token), StringComparison.Ordinal);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        listeners[0].Dispose();

        await Waiting.UntilAsync("a place is free again", TimeLimits.InProcess, async () =>
        {
            using var again = await ListenAsync();
            return again.StatusCode == HttpStatusCode.OK;
        }, _limit.Token);
        listeners.ForEach(listener => listener.Dispose());
    }

    [Fact]
    public async Task Stream_WhenTheHostStops_Ends()
    {
        using var answer = await ListenAsync();
        await using var stream = await answer.Content.ReadAsStreamAsync(_limit.Token);
        using var lines = new StreamReader(stream);
        await NextAsync(lines, "board");

        await _page.StopServingAsync(_limit.Token);

        // Read to its end, not cut off.
        while (await lines.ReadLineAsync(_limit.Token) is not null)
        {
        }
    }

    private Task<HttpResponseMessage> ListenAsync() => _client.GetAsync(
        new Uri(_page.Address, BoardAddress.EventsPath), HttpCompletionOption.ResponseHeadersRead, _limit.Token);

    /// <summary>The next event's board; any other kind of event than this is a failure.</summary>
    private async Task<Board> NextAsync(StreamReader lines, string kind)
    {
        while (true)
        {
            var line = await lines.ReadLineAsync(_limit.Token);
            Assert.NotNull(line);
            if (line.StartsWith("event: ", StringComparison.Ordinal)) Assert.Equal($"event: {kind}", line);
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return JsonSerializer.Deserialize(line[6..], BoardJson.Default.Board)!;
        }
    }
}
