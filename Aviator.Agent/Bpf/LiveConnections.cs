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

    /// <summary>Sums by endpoint, in one pass over the rows: an agent may read ten thousand of them several times a second.</summary>
    /// <param name="rows">One per connection.</param>
    /// <param name="nowNs">CLOCK_MONOTONIC in nanoseconds: the kernel programs' clock, so no other will do.</param>
    /// <param name="maxAge">Older open requests are left out.</param>
    internal static Dictionary<EndpointKey, LiveConnections> By(ReadOnlySpan<ConnectionState> rows, long nowNs, TimeSpan maxAge)
    {
        var sums = new Dictionary<EndpointKey, Sum>();
        var rtts = new ulong[rows.Length]; // the endpoint's number above, the time below: sorted, each endpoint's times stand together
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var connection = ref rows[i];
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, connection.Endpoint, out var known);
            if (!known) sum.Number = (uint)sums.Count;
            sum.Add(connection, nowNs, (long)maxAge.TotalNanoseconds);
            rtts[i] = ((ulong)sum.Number << 32) | connection.SrttUs;
        }

        Array.Sort(rtts);
        var live = new Dictionary<EndpointKey, LiveConnections>(sums.Count);
        var from = 0;
        foreach (var (endpoint, sum) in sums) // in the order of their numbers: nothing was removed
        {
            live[endpoint] = sum.ToLive(MedianRtt(rtts.AsSpan(from, sum.Count)));
            from += sum.Count;
        }

        return live;
    }

    /// <param name="sorted">One endpoint's; unknown ones, which are 0, come first.</param>
    private static TimeSpan? MedianRtt(ReadOnlySpan<ulong> sorted)
    {
        var unknown = 0;
        while (unknown < sorted.Length && (uint)sorted[unknown] == 0) unknown++;
        var known = sorted[unknown..];
        return known.Length == 0 ? null : TimeSpan.FromMicroseconds((uint)known[known.Length / 2]);
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

    /// <summary>What has been added up so far of one endpoint.</summary>
    private struct Sum
    {
        internal uint Number;
        internal int Count;
        private long _waiting, _answering, _oldestNs;

        internal void Add(in ConnectionState connection, long nowNs, long maxAgeNs)
        {
            var since = (long)Math.Max(connection.OpenedNs, connection.LastNs);
            var age = connection.OpenedNs == 0 ? 0 : Math.Max(0, nowNs - since);
            Count++;
            _waiting += CountWaiting(connection, age > maxAgeNs);
            _answering += CountAnswers(connection, (ulong)nowNs);
            if (age <= maxAgeNs) _oldestNs = Math.Max(_oldestNs, age);
        }

        internal readonly LiveConnections ToLive(TimeSpan? rtt) =>
            new(Count, _waiting, _answering, TimeSpan.FromTicks(_oldestNs / TimeSpan.NanosecondsPerTick), rtt);
    }
}
