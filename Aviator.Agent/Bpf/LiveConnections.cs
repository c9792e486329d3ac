using System.Net;
using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>The live connections of one endpoint, summed.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Waiting">Requests without an answer.</param>
/// <param name="AnswersUnderWay">Requests whose answer has begun and is not over.</param>
/// <param name="Oldest">How long the oldest of <paramref name="Waiting"/> has waited.</param>
/// <param name="Rtt">The median of TCP's smoothed round-trip times; null where none is known.</param>
internal readonly record struct LiveConnections(int Count, long Waiting, long AnswersUnderWay, TimeSpan Oldest, TimeSpan? Rtt)
{
    /// <summary>
    /// An answer that goes on for less is none under way: its last segment may be the one just seen, and most answers are over by then.
    /// </summary>
    private const ulong ShortestStreamNs = 10_000_000;

    /// <summary>An answer that nothing was sent of for so long is idle or over, and no load.</summary>
    private const ulong LongestSilenceNs = 1_000_000_000;

    /// <summary>Requests in flight: those without an answer, and those whose answer is under way.</summary>
    internal long Rif => Waiting + AnswersUnderWay;

    /// <summary>Sums by endpoint.</summary>
    /// <param name="rows">One per connection.</param>
    /// <param name="nowNs">CLOCK_MONOTONIC in nanoseconds: the kernel programs' clock, so no other will do.</param>
    /// <param name="maxAge">Older open requests are left out.</param>
    internal static Dictionary<(IPAddress Address, int Port), LiveConnections> By(
        IReadOnlyList<ConnectionRow> rows, long nowNs, TimeSpan maxAge) => rows
        .GroupBy(r => (r.Connection.Endpoint.Address.ToIPAddress(), (int)r.Connection.Endpoint.Port))
        .ToDictionary(g => g.Key, g => Sum([.. g], nowNs, (long)maxAge.TotalNanoseconds));

    private static LiveConnections Sum(List<ConnectionRow> rows, long nowNs, long maxAgeNs)
    {
        var (waiting, answering, oldest) = (0L, 0L, 0L);
        foreach (ref readonly var row in CollectionsMarshal.AsSpan(rows))
        {
            var since = (long)Math.Max(row.Connection.OpenedNs, row.Connection.LastNs);
            var age = row.Connection.OpenedNs == 0 ? 0 : Math.Max(0, nowNs - since);
            waiting += CountWaiting(row.Connection, age > maxAgeNs);
            answering += CountAnswers(row.Connection, (ulong)nowNs);
            if (age <= maxAgeNs) oldest = Math.Max(oldest, age);
        }

        var rtts = rows.Where(r => r.Connection.SrttUs != 0).Select(r => r.Connection.SrttUs).Order().ToList();
        return new LiveConnections(
            rows.Count,
            waiting,
            answering,
            TimeSpan.FromTicks(oldest / TimeSpan.NanosecondsPerTick),
            rtts.Count == 0 ? null : TimeSpan.FromMicroseconds(rtts[rtts.Count / 2]));
    }

    /// <summary>
    /// An HTTP/2 connection has several calls. How many of them wait, the kernel does not count: all, if one does. Only of the oldest is it
    /// known that it is forgotten.
    /// </summary>
    private static long CountWaiting(in ConnectionState connection, bool forgotten)
    {
        if (connection.OpenedNs == 0) return 0;
        var calls = connection.Protocol == Layout.ProtocolHttp2 ? Math.Max((ushort)1, connection.Held) : 1;
        return calls - (forgotten ? 1 : 0);
    }

    private static long CountAnswers(in ConnectionState connection, ulong nowNs) => connection.Protocol switch
    {
        _ when connection.OpenedNs != 0 => 0,
        Layout.ProtocolHttp2 => connection.Held,
        Layout.ProtocolHttp1 or Layout.ProtocolTls when IsStreaming(connection, nowNs) => 1,
        _ => 0,
    };

    /// <summary>
    /// Whether an answer goes on. HTTP/1 does not say in every segment where an answer ends, so what has been silent for as long as it has
    /// lasted, or for a second, is taken for over: a download of 20 ms is load for 40 ms at most.
    /// </summary>
    private static bool IsStreaming(in ConnectionState connection, ulong nowNs)
    {
        if (connection.LastNs == 0 || connection.HeldNs == 0 || connection.LastNs < connection.HeldNs + ShortestStreamNs) return false;
        return nowNs <= connection.LastNs + Math.Min(LongestSilenceNs, connection.LastNs - connection.HeldNs);
    }
}
