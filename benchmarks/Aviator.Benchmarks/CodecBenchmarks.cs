using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using BenchmarkDotNet.Attributes;

namespace Aviator.Benchmarks;

/// <summary>The stored forms: a node's report with 100 endpoints, and the state of a policy with 1,000.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private static readonly PolicySettings Settings = new();
    private static readonly TimeSpan Now = Settings.EvaluationInterval * 3;

    private readonly NodeReport _report = Workload.Report(endpoints: 100);
    private readonly PolicyState _state = Workload.Remember(Settings, 1000, outliers: true, evaluations: 3);
    private byte[] _storedReport = [], _storedState = [];

    /// <summary>Writes what is to be read.</summary>
    [GlobalSetup]
    public void Prepare() => (_storedReport, _storedState) = (WriteReport(), WriteState());

    /// <summary>What an agent does once per second.</summary>
    [Benchmark]
    public byte[] WriteReport() => NodeReportCodec.Write(_report);

    /// <summary>What a controller does with each node's report.</summary>
    [Benchmark]
    public NodeReport ReadReport() =>
        NodeReportCodec.Read(_storedReport).Report ?? throw new InvalidOperationException("The report is refused.");

    /// <summary>What the leader does after each evaluation.</summary>
    [Benchmark]
    public byte[] WriteState() => PolicyStateCodec.Write(_state, Now);

    /// <summary>What a new leader does once per policy.</summary>
    [Benchmark]
    public PolicyState ReadState() =>
        PolicyStateCodec.Read(_storedState, Now, out var fault) ?? throw new InvalidOperationException(fault);
}
