namespace Aviator.Controller.Orders;

/// <summary>Bounds the orders that are under way.</summary>
/// <param name="healthy">For agents that answered the order before.</param>
/// <param name="doubtful">For those that did not.</param>
internal sealed class OrderSlots(SemaphoreSlim healthy, SemaphoreSlim doubtful) : IDisposable
{
    /// <summary>Sends within the bound.</summary>
    /// <param name="isHealthy">Whether the agent answered the order before.</param>
    /// <param name="send">Sends.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SendAsync(bool isHealthy, Func<Task> send, CancellationToken cancellationToken)
    {
        var slots = isHealthy ? healthy : doubtful;
        await slots.WaitAsync(cancellationToken);
        try
        {
            await send();
        }
        finally
        {
            slots.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        healthy.Dispose();
        doubtful.Dispose();
    }
}
