using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Aviator.Tests.Tooling.Traffic;

/// <summary>
/// Workers that share .NET's pool of kept-alive connections, and pause for up to 60 ms after each request, half of them POST, which
/// HttpClient does not send again.
/// </summary>
internal sealed class PooledTraffic : IAsyncDisposable
{
    private const int LongestPauseMs = 60;
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(5);
    private readonly TrafficLog _log = new();
    private readonly CancellationTokenSource _stop;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly HttpClient _client;
    private readonly Task _run;

    private PooledTraffic(IPEndPoint target, int workers, TimeSpan longest, Func<Socket> open)
    {
        _stop = new(longest);
        _client = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = open();
                await socket.ConnectAsync(target, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri($"http://{target}/"), Timeout = RequestLimit };
        _run = Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync)));
    }

    /// <summary>Time since the start: the clock of <see cref="RequestOutcome.StartedAt"/>.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Starts them.</summary>
    /// <param name="target">Where every connection goes.</param>
    /// <param name="workers">How many there are.</param>
    /// <param name="longest">After so long they end by themselves.</param>
    /// <param name="open">Makes the socket of a connection; null for one of this process's network.</param>
    public static PooledTraffic Start(IPEndPoint target, int workers, TimeSpan longest, Func<Socket>? open = null) =>
        new(target, workers, longest, open ?? (() => new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }));

    /// <summary>The requests sent from <paramref name="from"/> on that have ended.</summary>
    public TrafficSnapshot Snapshot(TimeSpan from = default) => _log.Snapshot(from, TimeSpan.MaxValue);

    /// <summary>Waits for the workers to end by themselves, and gives all requests.</summary>
    public async Task<TrafficSnapshot> EndAsync()
    {
        await _run;
        return Snapshot();
    }

    /// <summary>Sends no more, waits for the answers of what is in flight, and gives all.</summary>
    public async Task<TrafficSnapshot> StopAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        for (var n = 0; !_stop.IsCancellationRequested; n++)
        {
            var startedAt = Now;
            string? pod = null, detail = null;
            try
            {
                using var request = new HttpRequestMessage(n % 2 == 1 ? HttpMethod.Post : HttpMethod.Get, "/");
                if (n % 2 == 1) request.Content = new ByteArrayContent("body"u8.ToArray());
                using var answer = await _client.SendAsync(request, CancellationToken.None);
                answer.EnsureSuccessStatusCode();
                pod = answer.Headers.TryGetValues("X-Pod-Name", out var names) ? names.First() : "";
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
            {
                detail = fault.Message;
            }

            _log.Add(new(startedAt, Now - startedAt, pod, detail is null ? RequestFailure.None : RequestFailure.Reset, detail));
            await Task.Delay(Random.Shared.Next(LongestPauseMs), CancellationToken.None);
        }
    }
}
