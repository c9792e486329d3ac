using System.Net;
using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>The live connections of one endpoint, summed.</summary>
internal readonly record struct LiveConnections(int Count, long Rif, TimeSpan Oldest, TimeSpan? Rtt)
{
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
        var (rif, oldest) = (0L, 0L);
        foreach (ref readonly var row in CollectionsMarshal.AsSpan(rows))
        {
            var since = (long)Math.Max(row.Connection.OpenedNs, row.Connection.LastNs);
            var age = row.Connection.OpenedNs == 0 ? 0 : Math.Max(0, nowNs - since);
            rif += InFlight(row.Connection, age > maxAgeNs);
            if (age <= maxAgeNs) oldest = Math.Max(oldest, age);
        }

        var rtts = rows.Where(r => r.Connection.SrttUs != 0).Select(r => r.Connection.SrttUs).Order().ToList();
        return new LiveConnections(
            rows.Count,
            rif,
            TimeSpan.FromTicks(oldest / TimeSpan.NanosecondsPerTick),
            rtts.Count == 0 ? null : TimeSpan.FromMicroseconds(rtts[rtts.Count / 2]));
    }

    /// <summary>An HTTP/2 connection has several under way; only of the oldest is it known that it is forgotten.</summary>
    private static long InFlight(in ConnectionState connection, bool forgotten)
    {
        var open = connection.Streams != 0 ? connection.Streams : connection.OpenedNs != 0 ? 1L : 0L;
        return open - (forgotten ? 1 : 0);
    }
}
