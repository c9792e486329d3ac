using System.Diagnostics;

namespace Aviator.Tests.Tooling;

/// <summary>Waits for conditions, each with a limit and a name that the failure shows.</summary>
internal static class Waiting
{
    private static readonly TimeSpan DefaultPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks <paramref name="probe"/> again and again until it gives something.</summary>
    /// <param name="what">What is waited for: "2 ready pods".</param>
    /// <param name="limit">The longest wait.</param>
    /// <param name="probe">Null means not yet; so does an exception of the network or the API server, which the failure then
    /// quotes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="last">Describes the present state for the failure's message.</param>
    /// <param name="pause">Time between two probes.</param>
    /// <exception cref="TimeoutException">Not within the limit.</exception>
    public static async Task<T> ForAsync<T>(
        string what, TimeSpan limit, Func<Task<T?>> probe, CancellationToken cancellationToken, Func<string>? last = null,
            TimeSpan? pause = null)
        where T : class
    {
        var start = Stopwatch.GetTimestamp();
        Exception? fault = null;
        using var timer = new PeriodicTimer(pause ?? DefaultPause);
        do
        {
            try
            {
                if (await probe() is { } found) return found;
                fault = null;
            }
            catch (Exception e) when (
                e is HttpRequestException or IOException or k8s.Autorest.HttpOperationException or System.Net.Sockets.SocketException ||
                (e is OperationCanceledException { InnerException: TimeoutException } && !cancellationToken.IsCancellationRequested))
            {
                fault = e;
            }

            if (Stopwatch.GetElapsedTime(start) > limit)
                throw new TimeoutException(
                    $"Waited {limit.TotalSeconds:0.#} s without success for {what}.{(last is null ? "" : $" Last seen: {last()}")}", fault);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));

        throw new UnreachableException();
    }

    /// <summary>Asks <paramref name="condition"/> again and again until it holds.</summary>
    /// <returns>How long it took.</returns>
    /// <inheritdoc cref="ForAsync"/>
    public static async Task<TimeSpan> UntilAsync(
        string what, TimeSpan limit, Func<Task<bool>> condition, CancellationToken cancellationToken, Func<string>? last = null,
            TimeSpan? pause = null)
    {
        var start = Stopwatch.GetTimestamp();
        await ForAsync(what, limit, async () => await condition() ? "yes" : null, cancellationToken, last, pause);
        return Stopwatch.GetElapsedTime(start);
    }
}
