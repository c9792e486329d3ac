using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aviator.Tests.Tooling.Traffic;

/// <summary>
/// One TCP connection that speaks as much HTTP/1.1 as the load needs. A plain socket, because a client library retries and pools behind
/// one's back, and here every failure counts.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private const int BufferSize = 16 * 1024;
    private readonly Socket _socket;
    private readonly byte[] _request;

    private HttpConnection(Socket socket, byte[] request) => (_socket, _request) = (socket, request);

    /// <summary>Whether the last answer leaves the connection usable.</summary>
    public bool Reusable { get; private set; } = true;

    /// <summary>Connects to <paramref name="target"/>.</summary>
    /// <param name="target">Address and port.</param>
    /// <param name="path">Request target of every request on it.</param>
    /// <param name="keepAlive">
    /// False asks the server to close: the side that closes first holds the port in TIME_WAIT, and at a client of some hundred requests a
    /// second that would use up the ephemeral ports.
    /// </param>
    /// <param name="sourcePort">The port that it comes from; null for any.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">Refused, or no route, or the source port is in use.</exception>
    public static async Task<HttpConnection> OpenAsync(IPEndPoint target, string path, bool keepAlive, int? sourcePort,
        CancellationToken cancellationToken)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (sourcePort is { } port)
                socket.Bind(new IPEndPoint(target.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            await socket.ConnectAsync(target, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var head = $"GET {path} HTTP/1.1\r\nHost: {target}\r\n{(keepAlive ? "" : "Connection: close\r\n")}\r\n";
        return new HttpConnection(socket, Encoding.ASCII.GetBytes(head));
    }

    /// <summary>Sends one request and reads the whole answer.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="EndOfStreamException">The peer closed before the whole answer was there.</exception>
    /// <exception cref="InvalidDataException">The answer is not HTTP/1.</exception>
    public async Task<(int Status, string? Pod)> GetAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var sent = 0; sent < _request.Length;) sent += await _socket.SendAsync(_request.AsMemory(sent), cancellationToken);
            var (head, filled) = await ReadHeadAsync(buffer, cancellationToken);
            var status = ParseStatus(head);
            var length = Field(head, "content-length") is { } text &&
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
            var closes = Field(head, "connection") is { } connection && connection.Equals("close", StringComparison.OrdinalIgnoreCase);
            await ReadBodyAsync(buffer, length < 0 ? null : length - (filled - head.Length), closes, cancellationToken);
            Reusable = length >= 0 && !closes;
            return (status, Field(head, "x-pod-name"));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task<(string Head, int Filled)> ReadHeadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0) throw new EndOfStreamException(filled == 0 ? "Closed without an answer." : "Closed within the answer's head.");
            filled += read;
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return (Encoding.ASCII.GetString(buffer, 0, end + 4), filled);
        }

        throw new InvalidDataException($"The answer's head is over {buffer.Length} bytes.");
    }

    /// <summary>
    /// Reads <paramref name="remaining"/> bytes (null: all there is) and, where the peer closes, on to its end, so that the peer closes
    /// first.
    /// </summary>
    private async Task ReadBodyAsync(byte[] buffer, int? remaining, bool closes, CancellationToken cancellationToken)
    {
        while (remaining is not 0 || closes)
        {
            var read = await _socket.ReceiveAsync(buffer, cancellationToken);
            if (read == 0)
            {
                if (remaining > 0) throw new EndOfStreamException("Closed within the answer's body.");
                return;
            }

            if (remaining is { } left) remaining = Math.Max(0, left - read);
        }
    }

    private static int ParseStatus(string head) =>
        head.StartsWith("HTTP/1.", StringComparison.Ordinal) && head.Length > 12 &&
            int.TryParse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : throw new InvalidDataException($"Not an HTTP/1 answer: {head[..Math.Min(head.Length, 40)]}");

    private static string? Field(string head, string name)
    {
        foreach (var line in head.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[..colon].Equals(name, StringComparison.OrdinalIgnoreCase)) return line[(colon + 1)..].Trim().ToString();
        }

        return null;
    }
}
