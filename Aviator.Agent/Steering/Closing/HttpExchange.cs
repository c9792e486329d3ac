namespace Aviator.Agent.Steering.Closing;

/// <summary>What was exchanged since a client's last request began.</summary>
/// <param name="Sent">Bytes that the client has sent.</param>
/// <param name="Received">Bytes that it has received in order.</param>
/// <param name="Tail">The last eight bytes received, the latest in the highest; 0 where they are not known.</param>
internal readonly record struct ExchangedBytes(long Sent, long Received, ulong Tail);

/// <summary>
/// Whether one HTTP/1 exchange is over, by its first bytes and its size (RFC 9112). Pure. What is not certain is not over: a stream that is
/// silent, an upgraded connection, a second request behind the first, a head that is longer than what was kept, any other protocol.
/// </summary>
internal static class HttpExchange
{
    /// <summary>The last chunk of an answer in chunks, behind the end of the chunk before it.</summary>
    private static ReadOnlySpan<byte> LastChunk => "\r\n0\r\n\r\n"u8;

    /// <summary>Whether request and answer are whole and nothing else has been sent.</summary>
    /// <param name="request">The request's first bytes.</param>
    /// <param name="answer">The answer's first bytes.</param>
    /// <param name="bytes">How much there is of both by now.</param>
    public static bool IsOver(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer, ExchangedBytes bytes)
    {
        if (HttpHead.Read(request) is not { IsRequest: true, Changes: false } asked) return false;
        // A request in chunks does not say how long it is; but what follows it is no second request, for that must wait for the answer.
        if (!asked.IsChunked && bytes.Sent != asked.Length + (asked.ContentLength ?? 0)) return false;
        if (asked.IsChunked && asked.ContentLength is not null) return false;
        return IsWhole(asked.Method, answer, bytes);
    }

    private static bool IsWhole(ReadOnlySpan<byte> method, ReadOnlySpan<byte> answer, ExchangedBytes bytes)
    {
        var interim = 0;
        var head = HttpHead.Read(answer);
        while (head is { IsRequest: false, Status: >= 100 and < 200 and not 101 })
        {
            interim += head.Length;
            head = HttpHead.Read(answer[interim..]);
        }

        if (head is not { IsRequest: false, Changes: false, Status: >= 200 and <= 599 }) return false;
        var length = interim + head.Length;
        if (head.Status is 204 or 304 || method.SequenceEqual("HEAD"u8)) return bytes.Received == length;
        if (head.IsChunked == head.ContentLength is not null) return false; // neither, and the connection's end ends it; or both
        if (head.ContentLength is { } content) return bytes.Received == length + content;
        return bytes.Received <= answer.Length
            ? Chunks.End(answer[length..]) == bytes.Received - length
            : EndsWithLastChunk(bytes.Tail);
    }

    private static bool EndsWithLastChunk(ulong tail)
    {
        Span<byte> latest = stackalloc byte[sizeof(ulong)];
        BitConverter.TryWriteBytes(latest, tail);
        return latest[^LastChunk.Length..].SequenceEqual(LastChunk);
    }
}
