using System.Net.Sockets;

namespace Aviator.Agent.Probing;

/// <summary>Tells by a connection whether its port speaks HTTP/2 in the clear (RFC 9113, section 3.4).</summary>
internal static class Http2Port
{
    private const int FrameHeader = 9;
    private const byte SettingsFrame = 4;
    private const byte Acknowledgement = 1;

    /// <summary>The client's preface: a fixed text, then a SETTINGS frame without any settings.</summary>
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, SettingsFrame, 0, 0, 0, 0, 0];

    /// <summary>Sends the preface on a new connection, and reads how the server begins.</summary>
    /// <exception cref="SocketException">The connection ended.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<bool> AnswersAsync(Socket socket, CancellationToken cancellationToken) =>
        await FirstBytes.AskAsync(socket, Preface, FrameHeader, cancellationToken) is { } first && IsSettings(first);

    /// <summary>The header of a SETTINGS frame, with which every server begins.</summary>
    private static bool IsSettings(ReadOnlySpan<byte> bytes) => bytes[0] == 0
        && bytes[3] == SettingsFrame
        && (bytes[4] & Acknowledgement) == 0
        && bytes[5..FrameHeader].IndexOfAnyExcept((byte)0) < 0;
}
