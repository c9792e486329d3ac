using System.Text.Json;
using Aviator.Core.Boards;

namespace Aviator.Controller.Boards;

/// <summary>One board and its texts, each made when it is first asked for and then shared by all who read it.</summary>
/// <param name="board">The board.</param>
internal sealed class PublishedBoard(Board board)
{
    private readonly Lazy<byte[]> _json = new(() => JsonSerializer.SerializeToUtf8Bytes(board, BoardJson.Default.Board));
    private readonly Lazy<byte[]> _update = new(() =>
        JsonSerializer.SerializeToUtf8Bytes(WithoutHistories(board), BoardJson.Default.Board));

    /// <summary>The board.</summary>
    public Board Board => board;

    /// <summary>The whole board as JSON, in one line.</summary>
    public ReadOnlyMemory<byte> Json => _json.Value;

    /// <summary>
    /// The same without histories: a listener that has them lets them grow by the figures that are there. With 500 endpoints it is a
    /// quarter of the whole.
    /// </summary>
    public ReadOnlyMemory<byte> Update => _update.Value;

    private static Board WithoutHistories(Board board) => board with
    {
        Policies =
        [
            .. board.Policies.Select(policy => policy with
            {
                HistoryAtMs = [],
                Endpoints = [.. policy.Endpoints.Select(endpoint => endpoint with { History = null })],
            }),
        ],
    };
}
