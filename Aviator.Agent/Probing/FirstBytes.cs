using System.Net.Sockets;

namespace Aviator.Agent.Probing;

/// <summary>Asks a server which protocol it speaks: by how it begins after a protocol's opening.</summary>
internal static class FirstBytes
{
    /// <summary>Sends an opening on a new connection, and reads the server's first bytes.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="opening">How a client of the protocol begins.</param>
    /// <param name="length">How many bytes tell it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>So many bytes; null when the server ended the connection before.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<byte[]?> AskAsync(
        Socket socket, ReadOnlyMemory<byte> opening, int length, CancellationToken cancellationToken)
    {
        for (var done = 0; done < opening.Length;) done += await socket.SendAsync(opening[done..], cancellationToken);
        var first = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var received = await socket.ReceiveAsync(first.AsMemory(filled), cancellationToken);
            if (received == 0) return null;
            filled += received;
        }

        return first;
    }
}
