using System.Collections.Concurrent;
using System.Diagnostics;
using Aviator.Tests.Tooling.Kubernetes;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// Looks at a Service's selector and slices all the time (every 50 ms or as fast as the server answers) and keeps each state that differs
/// from the last: for what must never be, and for how long something took.
/// </summary>
internal sealed class ShapeWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<(TimeSpan At, ObservedService Shape)> _seen = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Task _loop;

    private ShapeWatch(ClusterApi api, string ns, string service) => _loop = RunAsync(api, ns, service);

    /// <summary>Time since the watch began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Each state with the moment at which it was first seen.</summary>
    public IReadOnlyList<(TimeSpan At, ObservedService Shape)> Seen => [.. _seen];

    public static ShapeWatch Start(ClusterApi api, string ns, string service) => new(api, ns, service);

    /// <summary>Every state with the time that it lasted, for a failure's message.</summary>
    public string Describe() => string.Join("\n", Seen.Select(s => $"-- {s.At.TotalSeconds:F2} s\n{s.Shape.Describe()}"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync(ClusterApi api, string ns, string service)
    {
        string? last = null;
        using var timer = new PeriodicTimer(Pause);
        try
        {
            do
            {
                try
                {
                    if (await api.ShapeAsync(ns, service, _stop.Token) is not { } shape || shape.Describe() == last) continue;
                    last = shape.Describe();
                    _seen.Enqueue((Now, shape));
                }
                catch (HttpRequestException)
                {
                    // The server is busy; the next look comes soon.
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
