namespace Aviator.Controller.Leadership;

/// <summary>Bounds one request.</summary>
internal static class TimeLimit
{
    /// <summary>Runs <paramref name="request"/> and gives up on it after <paramref name="limit"/>.</summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static async Task<T> WithinAsync<T>(
        TimeSpan limit, Func<CancellationToken, Task<T>> request, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(1), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            return await request(either.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {limit.TotalSeconds:0.#} s");
        }
    }
}
