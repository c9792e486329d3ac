using Aviator.Controller.Boards;
using Aviator.Core.Boards;

namespace Aviator.Tests.Fixtures.Boards;

/// <summary>Waits for boards.</summary>
internal static class NextBoards
{
    /// <summary>Waits, with a limit, until a board like this is published.</summary>
    public static Task NextAsync(this BoardPublisher publisher, Func<Board, bool> isIt, CancellationToken cancellationToken) =>
        Eventually.TrueAsync(() => isIt(publisher.Current.Board) && !cancellationToken.IsCancellationRequested, "the board is published");
}
