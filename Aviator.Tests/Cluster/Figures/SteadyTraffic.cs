using Aviator.Core.Measurement;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>
/// The counters of one endpoint that answers <see cref="PerSecond"/> requests each second, all of them well: about 10 ms each, log-normal,
/// the same ten seconds again and again. So windows of ten seconds say the same each time, and nothing has to be decided anew.
/// </summary>
internal sealed class SteadyTraffic
{
    /// <summary>Requests per second.</summary>
    public const int PerSecond = 20;

    private const int CycleSeconds = 10;
    private const double MedianNanoseconds = 10e6, Spread = 0.5;

    /// <summary>The bucket of each answer of a cycle, in their order.</summary>
    private readonly int[] _buckets = new int[PerSecond * CycleSeconds];

    /// <param name="seed">Endpoints of other seeds have other answers of the same distribution.</param>
    public SteadyTraffic(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < _buckets.Length; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            _buckets[i] = HistogramLayout.IndexOf((long)(MedianNanoseconds * Math.Exp(Spread * normal)));
        }
    }

    /// <summary>What was counted in so many seconds.</summary>
    public EndpointCounters After(long seconds)
    {
        var (cycles, rest) = Math.DivRem(seconds, CycleSeconds);
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        for (var i = 0; i < _buckets.Length; i++) counts[_buckets[i]] += i < rest * PerSecond ? cycles + 1 : cycles;
        var latency = LatencyHistogram.FromCounts(counts);
        return new() { Latency = latency, Requests = latency.Count, Statuses = new(latency.Count, 0, 0, 0) };
    }
}
