namespace Aviator.ServiceDefaults;

/// <summary>
/// Wakes waiting tasks, any number of times. Take <see cref="Next"/> before the work that precedes the wait: a pulse sent during that work
/// is then not missed.
/// </summary>
public sealed class AsyncPulse
{
    private TaskCompletionSource _next = Create();

    /// <summary>Completes with the next pulse.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Wakes every task that waits for <see cref="Next"/>.</summary>
    public void Send() => Interlocked.Exchange(ref _next, Create()).TrySetResult();

    /// <summary>Waits for a pulse for at most <paramref name="limit"/>.</summary>
    /// <param name="pulse">From <see cref="Next"/>.</param>
    /// <param name="limit">The longest wait.</param>
    /// <param name="time">The clock of the limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the pulse came within the limit.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<bool> WaitAsync(Task pulse, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var early = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(pulse, Task.Delay(limit, time, early.Token)).ConfigureAwait(false);
        await early.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return pulse.IsCompleted;
    }

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
