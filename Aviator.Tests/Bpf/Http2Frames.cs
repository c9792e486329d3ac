using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Aviator.Tests.Bpf;

/// <summary>HTTP/2 by hand (RFC 9113, RFC 7541): what no ordinary client or server sends, a test must.</summary>
internal static class Http2Frames
{
    internal const byte Data = 0, Headers = 1, Priority = 2, RstStream = 3, Settings = 4, PushPromise = 5, Ping = 6, GoAway = 7,
        WindowUpdate = 8, Continuation = 9;

    internal const byte EndStream = 1, EndHeaders = 4, Padded = 8, HasPriority = 0x20;

    /// <summary>Fields of the static table: ":status 200", ":status 500".</summary>
    internal const byte Status200 = 0x88, Status500 = 0x8e;

    /// <summary>The first entry of the dynamic table, the one inserted last.</summary>
    internal const byte Newest = 0x80 | 62;

    /// <summary>The client's first bytes.</summary>
    internal static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0)];

    /// <summary>The server's first bytes, its acknowledgment of the client's settings included.</summary>
    internal static readonly byte[] ServerPreface = [.. Frame(Settings, 0, 0, 0, 3, 0, 0, 0, 100), .. Frame(Settings, 1, 0)];

    internal static byte[] Frame(byte type, byte flags, int stream, params byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>A whole request: method, scheme, path and authority from the tables or as literals.</summary>
    internal static byte[] Request(int stream) =>
        Frame(Headers, EndStream | EndHeaders, stream, [0x82, 0x86, 0x84, 0x41, 3, .. "pod"u8]);

    /// <summary>An answer's header block.</summary>
    internal static byte[] Answer(int stream, byte flags, params byte[] block) =>
        Frame(Headers, (byte)(flags | EndHeaders), stream, block);

    /// <summary>A field as a literal that goes into the table, with a name of its own.</summary>
    internal static byte[] Inserted(string name, string value) =>
        [0x40, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    /// <summary>A 32-bit number, big-endian: the payload of RST_STREAM.</summary>
    internal static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Sends to the peer, which reads it all.</summary>
    internal static void Send(Socket from, Socket to, byte[] bytes)
    {
        from.Write(bytes);
        to.Expect(bytes.Length);
    }

    /// <summary>A connection after both prefaces.</summary>
    internal static (Socket Client, Socket Server) Http2Pair(this TestServer server, System.Net.IPEndPoint? from = null)
    {
        var pair = server.Pair(from);
        Send(pair.Client, pair.Server, Preface);
        Send(pair.Server, pair.Client, ServerPreface);
        return pair;
    }
}
