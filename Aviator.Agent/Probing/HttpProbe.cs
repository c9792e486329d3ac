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
/// <remarks>
/// Redirects are answers and are not followed. Interim answers (1xx) are passed over. HTTP/1 in clear text only: servers of TLS and of
/// HTTP/2 in the clear answer 400 at once or close, so after that they are asked which protocol they speak, on other connections.
/// </remarks>
internal sealed class HttpProbe(TimeProvider time, ProbePorts ports)
{
    private const int BufferSize = 4096;
    private const int MostDrained = 64 * 1024;
    private const int BadRequest = 400;

    /// <summary>How long the rest of an answer is waited for, beyond the probe's own time limit.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a port that would not have the request may take to say that it speaks another protocol.</summary>
    private static readonly TimeSpan ProtocolLimit = TimeSpan.FromSeconds(1);

    /// <summary>How much longer than its time limit a probe may take: its latency is known then, not yet what it was worth.</summary>
    public static readonly TimeSpan Afterwards = DrainLimit + ProtocolLimit;
    private static readonly LingerOption Orderly = new(enable: false, seconds: 0);

    /// <summary>
    /// Closes with a reset: a connection to a hung endpoint would else hold its port for a minute, and the ports are few.
    /// </summary>
    private static readonly LingerOption Abort = new(enable: true, seconds: 0);

    /// <summary>Probes <paramref name="address"/>; every end but the caller's own cancellation is an outcome.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<ProbeOutcome> ProbeAsync(IPAddress address, ProbeTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var remote = new IPEndPoint(address, target.Port);
        var (outcome, status) = await AskAsync(remote, Request(address, target), timeout, cancellationToken);
        var inDoubt = outcome.Result == ProbeResult.Broken || status == BadRequest;
        return inDoubt && await SpeaksOtherAsync(remote, cancellationToken)
            ? new ProbeOutcome(ProbeResult.OtherProtocol, TimeSpan.Zero)
            : outcome;
    }

    private async Task<(ProbeOutcome Outcome, int Status)> AskAsync(
        IPEndPoint remote, byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        await using var stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        var connected = false;
        try
        {
            using var socket = await ports.ConnectAsync(remote, limit.Token);
            socket.LingerState = Abort;
            connected = true;
            return await AskAsync(socket, request, limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(ProbeResult.TimedOut);
        }
        catch (SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Failed(connected ? ProbeResult.Broken : ProbeResult.Refused);
        }
    }

    private async Task<bool> SpeaksOtherAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        var asked = await Task.WhenAll(
            SpeaksAsync(Http2Port.AnswersAsync, remote, cancellationToken), SpeaksAsync(TlsPort.AnswersAsync, remote, cancellationToken));
        return asked.Contains(true);
    }

    /// <summary>Asks the port on a connection of its own; one that leaves it open does not.</summary>
    private async Task<bool> SpeaksAsync(
        Func<Socket, CancellationToken, Task<bool>> answersAsync, IPEndPoint remote, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ProtocolLimit, time);
        await using var stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), limit);
        try
        {
            using var socket = await ports.ConnectAsync(remote, limit.Token);
            socket.LingerState = Abort;
            return await answersAsync(socket, limit.Token);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private static (ProbeOutcome Outcome, int Status) Failed(ProbeResult result, int status = 0) =>
        (new ProbeOutcome(result, TimeSpan.Zero), status);

    private static byte[] Request(IPAddress address, ProbeTarget target)
    {
        var host = new IPEndPoint(address, target.Port).ToString();
        return Encoding.ASCII.GetBytes(
            $"GET {target.Path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: aviator-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    }

    private async Task<(ProbeOutcome Outcome, int Status)> AskAsync(Socket socket, byte[] request, CancellationTokenSource limit)
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
                if (status is < 200) return Failed(ProbeResult.Broken);
                var latency = time.GetElapsedTime(sent, arrived);
                socket.LingerState = await DrainAsync(socket, buffer, limit) ? Orderly : Abort;
                return status < 500 ? (new ProbeOutcome(ProbeResult.Answered, latency), status) : Failed(ProbeResult.ServerError, status);
            }

            return Failed(ProbeResult.Broken);
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
