using System.Diagnostics;
using System.Net.Sockets;

namespace Aviator.Tests.Tooling.Traffic;

/// <summary>
/// Sends HTTP requests until it is stopped or a limit of its options is reached, and records each one. A failed request never ends the
/// load.
/// </summary>
internal sealed class TrafficGenerator : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(2);
    private readonly TrafficOptions _options;
    private readonly TrafficLog _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Task _run;
    private int _started;
    private int _connected;

    private TrafficGenerator(TrafficOptions options)
    {
        _options = options;
        _run = options.RequestsPerSecond is { } rate ? RunOpenLoopAsync(rate) : RunClosedLoopAsync();
    }

    /// <summary>Time since the start: the clock of <see cref="RequestOutcome.StartedAt"/>.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Whether a limit was reached or it was stopped, and every answer is in.</summary>
    public bool HasEnded => _run.IsCompleted;

    /// <summary>Starts the load.</summary>
    public static TrafficGenerator Start(TrafficOptions options) => new(options);

    /// <summary>
    /// The requests sent from <paramref name="from"/> on and before <paramref name="to"/> (null: until now) that have ended.
    /// </summary>
    public TrafficSnapshot Snapshot(TimeSpan from = default, TimeSpan? to = null) => _log.Snapshot(from, to ?? TimeSpan.MaxValue);

    /// <summary>Sends no more, waits for the answers of what is in flight (each within the request limit), and gives all.</summary>
    public async Task<TrafficSnapshot> StopAsync()
    {
        await _stop.CancelAsync();
        await _run;
        return Snapshot();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    /// <summary>Claims the next request; false when there is to be none.</summary>
    private bool TryBegin() =>
        !_stop.IsCancellationRequested && Now <= _options.MaxDuration && Interlocked.Increment(ref _started) <= _options.MaxRequests;

    private async Task RunOpenLoopAsync(double rate)
    {
        using var room = new SemaphoreSlim(_options.Connections);
        using var timer = new PeriodicTimer(Tick);
        var begin = Now;
        var go = true;
        for (long sent = 0; go; await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            for (var due = (long)((Now - begin).TotalSeconds * rate); sent < due && (go = TryBegin()); sent++)
            {
                await room.WaitAsync(CancellationToken.None);
                _ = Task.Run(() => SendOnceAsync(room));
            }

            go &= !_stop.IsCancellationRequested && Now <= _options.MaxDuration;
        }

        for (var i = 0; i < _options.Connections; i++) await room.WaitAsync(CancellationToken.None);

        async Task SendOnceAsync(SemaphoreSlim slot)
        {
            try
            {
                await SendAsync(null);
            }
            finally
            {
                slot.Release();
            }
        }
    }

    private Task RunClosedLoopAsync() => Task.WhenAll(Enumerable.Range(0, _options.Connections).Select(_ => Task.Run(async () =>
    {
        HttpConnection? kept = null;
        while (TryBegin()) kept = await SendAsync(kept);
        kept?.Dispose();
    })));

    /// <summary>
    /// Sends one request on <paramref name="kept"/> or on a new connection; gives the connection back when it can serve another.
    /// </summary>
    private async Task<HttpConnection?> SendAsync(HttpConnection? kept)
    {
        var keep = _options.KeepAlive && _options.RequestsPerSecond is null;
        using var limit = new CancellationTokenSource(_options.Timeout);
        var startedAt = Now;
        string? pod = null, detail = null;
        var failure = RequestFailure.None;
        var connection = kept;
        try
        {
            connection ??= await HttpConnection.OpenAsync(_options.Target, _options.Path, keep,
                _options.FirstSourcePort + Interlocked.Increment(ref _connected) - 1, limit.Token);
            (var status, pod) = await connection.GetAsync(limit.Token);
            if (status >= 500) (failure, detail) = (RequestFailure.ServerError, $"status {status}");
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException or OperationCanceledException)
        {
            (failure, detail) = (Classify(e), $"{(connection is null ? "at the connection" : "at the answer")}: {e.Message}");
        }

        _log.Add(new RequestOutcome(startedAt, Now - startedAt, pod, failure, detail));
        if (keep && failure == RequestFailure.None && connection is { Reusable: true }) return connection;
        connection?.Dispose();
        return null;
    }

    private static RequestFailure Classify(Exception e) => e switch
    {
        OperationCanceledException => RequestFailure.TimedOut,
        InvalidDataException => RequestFailure.Malformed,
        SocketException
        {
            SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable
        } => RequestFailure.Refused,
        SocketException { SocketErrorCode: SocketError.TimedOut } => RequestFailure.TimedOut,
        _ => RequestFailure.Reset,
    };
}
