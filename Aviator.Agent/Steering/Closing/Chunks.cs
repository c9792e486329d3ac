using System.Buffers.Text;

namespace Aviator.Agent.Steering.Closing;

/// <summary>A body in chunks (RFC 9112 7.1).</summary>
internal static class Chunks
{
    /// <summary>Bytes to the end of the last chunk; null when it is not there, or trailers follow, or it is no body in chunks.</summary>
    public static int? End(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (true)
        {
            var line = body[at..].IndexOf("\r\n"u8);
            if (line <= 0 || !Utf8Parser.TryParse(body.Slice(at, line), out int size, out var read, 'x') || size < 0) return null;
            if (read < line && body[at + read] != (byte)';') return null; // an extension may follow the size
            at += line + 2;
            if (size > body.Length - at - 2 || !body.Slice(at + size, 2).SequenceEqual("\r\n"u8)) return null;
            at += size + 2;
            if (size == 0) return at;
        }
    }
}
