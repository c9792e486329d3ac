using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using BenchmarkDotNet.Attributes;

namespace Aviator.Benchmarks;

/// <summary>
/// What a controller does at each evaluation, from the nodes' reports on: of a large Service, half of whose endpoints idle.
/// </summary>
[MemoryDiagnoser]
public class EvaluationBenchmarks
{
    private const int Nodes = 100;

    private readonly PolicySettings _settings = new();
    private readonly WindowStore _store = new();
    private IReadOnlyList<MeasuredEndpoint> _members = [];
    private PolicyState _state = PolicyState.Initial;
    private TimeSpan _now;

    /// <summary>Ready endpoints; every second one gets no traffic any more.</summary>
    [Params(5000)]
    public int Endpoints { get; set; }

    /// <summary>Reports of as long as the store remembers, one per second, and evaluations as often as the policy asks for.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var traffic = new GrowingTraffic(Nodes, Endpoints);
        _members = traffic.Members;
        for (var second = 1; second <= 80; second++)
        {
            _now = TimeSpan.FromSeconds(second);
            foreach (var report in traffic.Reports(second)) _store.Accept(report, _now);
            if (second % (int)_settings.EvaluationInterval.TotalSeconds == 0 && second < 80) _state = Evaluate().Next;
        }
    }

    /// <summary>The windows alone, which are cut while reports wait.</summary>
    [Benchmark]
    public IReadOnlyList<EndpointObservation> Observe() => _store.Observe(_settings, _members, _state, _now);

    /// <summary>Windows and decision.</summary>
    [Benchmark]
    public PolicyOutcome Evaluate() => PolicyDecision.Decide(_settings, [.. Observe()], _state, _now, seed: 1);
}
