using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Aviator.Kubernetes;

/// <summary>
/// A connection to one port of a pod, through the API server: what kubectl's port-forward does, over a WebSocket. Each message begins with
/// the number of a channel, 0 for data and 1 for faults, and the first one of each channel holds nothing but the port.
/// </summary>
public sealed class PortForwardStream : Stream
{
    private const string Protocol = "v4.channel.k8s.io";
    private const int MaxMessage = 64 * 1024;

    private readonly WebSocket _socket;
    private readonly byte[] _buffer = new byte[MaxMessage];
    private readonly bool[] _begun = new bool[2];
    private ReadOnlyMemory<byte> _unread;

    private PortForwardStream(WebSocket socket) => _socket = socket;

    /// <summary>Opens it; a port that nobody listens on shows at the first read.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="pod">Namespace and name of the pod.</param>
    /// <param name="port">The port, which may be open on the pod's loopback alone.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="WebSocketException">The server refused, or cannot be reached.</exception>
    public static async Task<PortForwardStream> OpenAsync(
        k8s.Kubernetes client, ObjectKey pod, int port, CancellationToken cancellationToken) => new(
        await client.WebSocketNamespacedPodPortForwardAsync(
            pod.Name, pod.Namespace, [port], Protocol, cancellationToken: cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="IOException">The pod's node could not connect to the port; the message is the node's.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (read.MessageType == WebSocketMessageType.Close) return 0;
            var length = read.Count;
            while (!read.EndOfMessage && length < MaxMessage)
            {
                read = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += read.Count;
            }

            if (!read.EndOfMessage) throw new IOException($"A message of the port-forward is longer than {MaxMessage} bytes.");
            Take(_buffer.AsMemory(0, length));
        }

        var taken = Math.Min(buffer.Length, _unread.Length);
        _unread[..taken].CopyTo(buffer);
        _unread = _unread[taken..];
        return taken;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var message = ArrayPool<byte>.Shared.Rent(buffer.Length + 1);
        try
        {
            message[0] = 0;
            buffer.CopyTo(message.AsMemory(1));
            await _socket.SendAsync(message.AsMemory(0, buffer.Length + 1), WebSocketMessageType.Binary, true, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reads.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes.");

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _socket.Dispose();
        base.Dispose(disposing);
    }

    private void Take(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty) return;
        var channel = message.Span[0];
        if (channel > 1) throw new IOException($"The port-forward sent a message of channel {channel}, which it does not have.");
        var content = message[1..];
        if (!_begun[channel])
        {
            _begun[channel] = true;
            content = content.Length >= sizeof(ushort) ? content[sizeof(ushort)..] : ReadOnlyMemory<byte>.Empty;
        }

        if (channel == 1 && !content.IsEmpty) throw new IOException(Encoding.UTF8.GetString(content.Span).Trim());
        if (channel == 0) _unread = content;
    }
}
