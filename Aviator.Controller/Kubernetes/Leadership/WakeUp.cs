namespace Aviator.Controller.Kubernetes.Leadership;

/// <summary>Ends a pause early. Taking <see cref="Next"/> before the work makes sure that a ring during the work is heard after it.</summary>
internal sealed class WakeUp
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the next ring.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Wakes all who wait.</summary>
    public void Ring() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Waits for <paramref name="ring"/>, at most for <paramref name="limit"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task PauseAsync(Task ring, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var early = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(ring, Task.Delay(limit, time, early.Token)).ConfigureAwait(false);
        await early.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
