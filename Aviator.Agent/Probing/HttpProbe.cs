using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Aviator.Agent.Interest;

namespace Aviator.Agent.Probing;

/// <summary>
/// Asks one endpoint once: <c>GET path HTTP/1.1</c> on a new connection, which is closed after the answer. The clock runs from the
/// request's send, on the connection that is then established, to the first byte of the final answer: what the kernel measures on real
/// requests, queueing in the pod included, and no handshake. Written on a socket, because an HTTP client offers neither moment, and a
/// client's pool of kept-alive connections would hold a worker of a small server captive.
/// </summary>
/// <remarks>Redirects are answers and are not followed. Interim answers (1xx) are passed over. HTTP/1 in clear text only.</remarks>
internal sealed class HttpProbe(TimeProvider time, ProbePorts ports)
{
    private const int BufferSize = 4096;
    private const int MostDrained = 64 * 1024;
    /// <summary>How long the rest of an answer is waited for, beyond the probe's own time limit.</summary>
    public static readonly TimeSpan DrainLimit = TimeSpan.FromMilliseconds(250);
    private static readonly LingerOption Orderly = new(enable: false, seconds: 0);

    /// <summary>
    /// Closes with a reset: a connection to a hung endpoint would else hold its port for a minute, and the ports are few.
    /// </summary>
    private static readonly LingerOption Abort = new(enable: true, seconds: 0);

    /// <summary>Probes <paramref name="address"/>; every end but the caller's own cancellation is an outcome.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<ProbeOutcome> ProbeAsync(IPAddress address, ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        await using var stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        var connected = false;
        try
        {
            using var socket = await ports.ConnectAsync(new IPEndPoint(address, target.Port), limit.Token);
            socket.LingerState = Abort;
            connected = true;
            return await AskAsync(socket, Request(address, target), limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeOutcome(ProbeResult.TimedOut, TimeSpan.Zero);
        }
        catch (SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new ProbeOutcome(connected ? ProbeResult.Broken : ProbeResult.Refused, TimeSpan.Zero);
        }
    }

    private static byte[] Request(IPAddress address, ProbeTarget target)
    {
        var host = new IPEndPoint(address, target.Port).ToString();
        return Encoding.ASCII.GetBytes(
            $"GET {target.Path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: aviator-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    }

    private async Task<ProbeOutcome> AskAsync(Socket socket, byte[] request, CancellationTokenSource limit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var sent = time.GetTimestamp();
            for (var done = 0; done < request.Length;) done += await socket.SendAsync(request.AsMemory(done), limit.Token);
            var (filled, arrived) = (0, 0L);
            while (filled < buffer.Length)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(filled), limit.Token);
                if (received == 0) break;
                if (filled == 0) arrived = time.GetTimestamp();
                filled += received;
                var left = AnswerHead.SkipInterim(buffer.AsSpan(0, filled));
                if (left < filled) arrived = time.GetTimestamp();
                buffer.AsSpan(filled - left, left).CopyTo(buffer);
                filled = left;
                if (AnswerHead.Status(buffer.AsSpan(0, filled)) is not { } status) continue;
                if (status is < 200) return new ProbeOutcome(ProbeResult.Broken, TimeSpan.Zero);
                var latency = time.GetElapsedTime(sent, arrived);
                socket.LingerState = await DrainAsync(socket, buffer, limit) ? Orderly : Abort;
                return status < 500
                    ? new ProbeOutcome(ProbeResult.Answered, latency)
                    : new ProbeOutcome(ProbeResult.ServerError, TimeSpan.Zero);
            }

            return new ProbeOutcome(ProbeResult.Broken, TimeSpan.Zero);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Reads the rest of a short answer, so that the server sees an orderly end and logs no reset. What is long is cut off. Returns whether
    /// the end was seen.
    /// </summary>
    private static async Task<bool> DrainAsync(Socket socket, byte[] buffer, CancellationTokenSource limit)
    {
        limit.CancelAfter(DrainLimit);
        try
        {
            for (var (drained, received) = (0, 1); received > 0 && drained < MostDrained; drained += received)
                if ((received = await socket.ReceiveAsync(buffer, limit.Token)) == 0)
                    return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // The answer is known; how its tail ends changes nothing.
        }

        return false;
    }
}
