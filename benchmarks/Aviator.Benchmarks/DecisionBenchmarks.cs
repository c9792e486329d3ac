using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using BenchmarkDotNet.Attributes;

namespace Aviator.Benchmarks;

/// <summary>One evaluation of one policy, from the windows of its endpoints to verdicts, state and status.</summary>
[MemoryDiagnoser]
public class DecisionBenchmarks
{
    private List<EndpointObservation> _equals = [], _withOutliers = [];
    private PolicySettings _settings = new();
    private PolicyState _steady = PolicyState.Initial, _disturbed = PolicyState.Initial;
    private TimeSpan _now;

    /// <summary>Ready endpoints.</summary>
    [Params(10, 100, 1000)]
    public int Endpoints { get; set; }

    /// <summary>spec.selection.mode: the default, and the one that is recommended.</summary>
    [Params("percentage", "adaptive")]
    public string Mode { get; set; } = "";

    /// <summary>Builds windows, and what the evaluations before leave to remember.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _settings = new()
        {
            Selection = new() { Mode = SelectionModes.All.Single(mode => mode.Name == Mode) },
            Breaker = new() { Enabled = true },
        };
        // In the third evaluation outliers may leave.
        _now = _settings.EvaluationInterval * 3;
        _equals = Workload.Endpoints(Endpoints, outliers: false, evaluation: 3);
        _withOutliers = Workload.Endpoints(Endpoints, outliers: true, evaluation: 3);
        _steady = Workload.Remember(_settings, Endpoints, outliers: false, evaluations: 2);
        _disturbed = Workload.Remember(_settings, Endpoints, outliers: true, evaluations: 2);
    }

    /// <summary>All are equal, as in most evaluations: nothing changes.</summary>
    [Benchmark]
    public PolicyOutcome Steady() => PolicyDecision.Decide(_settings, _equals, _steady, _now, seed: 1);

    /// <summary>One in 20 is ten times slower, and leaves.</summary>
    [Benchmark]
    public PolicyOutcome OutliersLeave() => PolicyDecision.Decide(_settings, _withOutliers, _disturbed, _now, seed: 1);
}
