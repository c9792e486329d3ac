using Aviator.Core.Boards;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Boards;

/// <summary>Sends each board to those who listen, as server-sent events (<see cref="BoardAddress.EventsPath"/>).</summary>
/// <param name="publisher">Makes the boards.</param>
/// <param name="time">The clock of signs of life.</param>
/// <param name="stopping">Cancelled when the host stops.</param>
internal sealed class BoardEvents(BoardPublisher publisher, TimeProvider time, CancellationToken stopping)
{
    private static readonly byte[] Retry = "retry: 2000\n\n"u8.ToArray();
    private static readonly byte[] Whole = "event: board\ndata: "u8.ToArray();
    private static readonly byte[] Update = "event: update\ndata: "u8.ToArray();
    private static readonly byte[] End = "\n\n"u8.ToArray();
    private static readonly byte[] SignOfLife = ":\n\n"u8.ToArray();

    private int _listeners;

    /// <summary>Sends boards until the client leaves or the host stops.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _listeners) > BoardLimits.Listeners)
        {
            Interlocked.Decrement(ref _listeners);
            context.Response.Headers.RetryAfter = "10";
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable,
                $"{BoardLimits.Listeners} pages listen already; close one, or read {BoardAddress.Path} now and then.");
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            if (!HttpMethods.IsHead(context.Request.Method)) await SendAsync(context);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the host stops: either ends the stream in good order.
        }
        finally
        {
            Interlocked.Decrement(ref _listeners);
        }
    }

    private async Task SendAsync(HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var (body, sent) = (context.Response.Body, (PublishedBoard?)null);
        await body.WriteAsync(Retry, end.Token);
        while (true)
        {
            var next = publisher.Published.Next;
            var board = publisher.Current;
            if (ReferenceEquals(board, sent)) await body.WriteAsync(SignOfLife, end.Token);
            else
            {
                await body.WriteAsync(sent is null ? Whole : Update, end.Token);
                await body.WriteAsync(sent is null ? board.Json : board.Update, end.Token);
                await body.WriteAsync(End, end.Token);
            }

            await body.FlushAsync(end.Token);
            sent = board;
            await AsyncPulse.WaitAsync(next, BoardLimits.Heartbeat, time, end.Token);
        }
    }
}
