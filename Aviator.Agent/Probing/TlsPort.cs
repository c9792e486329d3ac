using System.Net.Sockets;

namespace Aviator.Agent.Probing;

/// <summary>Tells by a connection whether its port speaks TLS (RFC 5246, sections 6.2.1 and 7.4.1.2).</summary>
internal static class TlsPort
{
    private const byte AlertRecord = 0x15;
    private const byte HandshakeRecord = 0x16;
    private const byte MajorVersion = 3;

    /// <summary>
    /// A ClientHello of TLS 1.2 without extensions. A server that wants more (a later version, a name, another cipher) refuses it by an
    /// alert, which tells as much. Its random number may be known: the handshake ends here.
    /// </summary>
    private static readonly byte[] Hello =
    [
        HandshakeRecord, MajorVersion, 1, 0, 63, // a record of 63 bytes
        1, 0, 0, 59, // ClientHello of 59 bytes
        MajorVersion, 3, // TLS 1.2
        .. "aviator asks which protocol it's"u8, // 32 bytes
        0, // no session
        0, 18, 0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c, 0, 0x9c, 0, 0x9d, 0, 0x2f, 0, 0x35, 0, 0xff, // AES with ECDHE or RSA
        1, 0, // no compression
        0, 0, // no extensions
    ];

    /// <summary>Sends a ClientHello on a new connection, and reads how the server begins.</summary>
    /// <exception cref="SocketException">The connection ended.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<bool> AnswersAsync(Socket socket, CancellationToken cancellationToken) =>
        await FirstBytes.AskAsync(socket, Hello, 2, cancellationToken) is [AlertRecord or HandshakeRecord, MajorVersion];
}
