using System.Text.Json;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Tests.Fixtures.Boards;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>The board as programs read it.</summary>
public sealed class BoardJsonTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Board_WrittenAndRead_IsTheSame()
    {
        await using var page = await LivePage.StartAsync(Stop);
        new ShownPolicy("cart").Evaluate(
            page.Keeper, ShownPolicy.Row("a", 20), ShownPolicy.Row("b", 400, EndpointState.Ejected, "ejected"));
        var board = page.Keeper.Compose();

        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(board, BoardJson.Default.Board), BoardJson.Default.Board);

        Assert.Equivalent(board, read, strict: true);
    }

    [Fact]
    public async Task Board_AsJson_IsInCamelCase_WithItsVersion_InOneLine()
    {
        await using var page = await LivePage.StartAsync(Stop);
        new ShownPolicy("cart").Evaluate(page.Keeper, ShownPolicy.Row("line\nbreak", 20));

        var json = JsonSerializer.Serialize(page.Keeper.Compose(), BoardJson.Default.Board);

        Assert.StartsWith("{\"version\":1,\"atMs\":", json, StringComparison.Ordinal);
        Assert.Contains("\"p99Ms\":20", json, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', json); // an event's line would end there
    }
}
