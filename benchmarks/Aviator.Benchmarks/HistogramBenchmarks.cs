using Aviator.Core.Measurement;
using BenchmarkDotNet.Attributes;

namespace Aviator.Benchmarks;

/// <summary>What each step of collecting and ranking does to a histogram.</summary>
[MemoryDiagnoser]
public class HistogramBenchmarks
{
    private readonly LatencyHistogram _one = Workload.Latencies(new Random(1), median: 10, samples: 5000);
    private readonly LatencyHistogram _other = Workload.Latencies(new Random(2), median: 30, samples: 5000);

    /// <summary>The samples of two endpoints together.</summary>
    [Benchmark]
    public LatencyHistogram Merge() => _one.Merge(_other);

    /// <summary>The 99th percentile.</summary>
    [Benchmark]
    public TimeSpan? Quantile() => _one.Quantile(0.99);
}
