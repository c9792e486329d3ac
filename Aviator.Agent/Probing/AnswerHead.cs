namespace Aviator.Agent.Probing;

/// <summary>Reads the beginning of an HTTP/1 answer (RFC 9112, section 4).</summary>
internal static class AnswerHead
{
    private static ReadOnlySpan<byte> Protocol => "HTTP/1."u8;

    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    /// <summary>
    /// The status code at the beginning of <paramref name="bytes"/>; null while too little is there, or while an interim answer (1xx) is
    /// not complete; 0 when this is no HTTP/1 answer.
    /// </summary>
    public static int? Status(ReadOnlySpan<byte> bytes)
    {
        var prefix = Math.Min(bytes.Length, Protocol.Length);
        if (!bytes[..prefix].SequenceEqual(Protocol[..prefix])) return 0;
        if (bytes.Length < 12) return null;
        var code = bytes.Slice(9, 3);
        if (bytes[8] != ' ' || code.ContainsAnyExceptInRange((byte)'0', (byte)'9') || code[0] == '0') return 0;
        var status = ((code[0] - '0') * 100) + ((code[1] - '0') * 10) + (code[2] - '0');
        return status is >= 100 and < 200 ? null : status;
    }

    /// <summary>How many bytes are left behind the complete interim answers at the beginning.</summary>
    public static int SkipInterim(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 12 && bytes.StartsWith(Protocol) && bytes[9] == '1' && bytes.IndexOf(EndOfHead) is >= 0 and var end)
            bytes = bytes[(end + EndOfHead.Length)..];
        return bytes.Length;
    }
}
