using System.Net;

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
        var ages = rows.Where(r => r.Connection.OpenedNs != 0)
            .Select(r => Math.Max(0, nowNs - (long)Math.Max(r.Connection.OpenedNs, r.Connection.LastNs)))
            .Where(age => age <= maxAgeNs)
            .ToList();
        var rtts = rows.Where(r => r.Connection.SrttUs != 0).Select(r => r.Connection.SrttUs).Order().ToList();
        return new LiveConnections(
            rows.Count,
            ages.Count,
            TimeSpan.FromTicks((ages.Count == 0 ? 0 : ages.Max()) / TimeSpan.NanosecondsPerTick),
            rtts.Count == 0 ? null : TimeSpan.FromMicroseconds(rtts[rtts.Count / 2]));
    }
}
