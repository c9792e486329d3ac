using System.Buffers.Text;
using System.Text;

namespace Aviator.Agent.Steering.Closing;

/// <summary>The head of an HTTP/1 request or answer, as far as it says where the message ends.</summary>
internal sealed class HttpHead
{
    private HttpHead(int length, byte[] method, int status) => (Length, Method, Status) = (length, method, status);

    /// <summary>Bytes of the head, the empty line included.</summary>
    public int Length { get; }

    /// <summary>Of a request; empty for an answer.</summary>
    public byte[] Method { get; }

    /// <summary>Of an answer; 0 for a request.</summary>
    public int Status { get; }

    /// <summary>Whether it is a request's.</summary>
    public bool IsRequest => Status == 0;

    /// <summary>Bytes of the body; null where it is not said.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Whether the body comes in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Whether the connection becomes something else with it, or ends.</summary>
    public bool Changes { get; private set; }

    /// <summary>Reads it; null for what is no HTTP/1, is not whole, or can be read in two ways.</summary>
    public static HttpHead? Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return null;
        var lines = bytes[..end];
        var first = TakeLine(ref lines);
        if (Start(first, end + 4) is not { } head) return null;
        while (lines.Length > 0)
            if (!head.Take(TakeLine(ref lines)))
                return null;
        return head;
    }

    private static HttpHead? Start(ReadOnlySpan<byte> line, int length)
    {
        if (line.StartsWith("HTTP/1."u8))
            return line.Length >= 12 && line[8] == ' ' && Utf8Parser.TryParse(line[9..12], out int status, out var read) && read == 3
                && status >= 100 ? new HttpHead(length, [], status) : null;
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || line.Length < 10 || !line[^9..].StartsWith(" HTTP/1."u8)) return null;
        return new HttpHead(length, line[..space].ToArray(), 0) { Changes = line[..space].SequenceEqual("CONNECT"u8) };
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> lines)
    {
        var end = lines.IndexOf("\r\n"u8);
        var line = end < 0 ? lines : lines[..end];
        lines = end < 0 ? default : lines[(end + 2)..];
        return line;
    }

    private bool Take(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[colon - 1] is (byte)' ' or (byte)'\t' || line[0] is (byte)' ' or (byte)'\t') return false;
        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (Is(name, "Content-Length"u8)) return TakeLength(value);
        if (Is(name, "Transfer-Encoding"u8))
        {
            // "chunked" must be the last coding; any other end of a message is the connection's.
            if (IsChunked || !Is(value, "chunked"u8)) return false;
            IsChunked = true;
        }

        if (Is(name, "Upgrade"u8) || (Is(name, "Connection"u8) && !Is(value, "keep-alive"u8))) Changes = true;
        return true;
    }

    private bool TakeLength(ReadOnlySpan<byte> value)
    {
        if (ContentLength is not null || !Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length || length < 0)
            return false;
        ContentLength = length;
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(text, word);
}
