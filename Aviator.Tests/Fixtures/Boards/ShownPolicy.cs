using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Events;
using Aviator.Controller.Status;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Fixtures.Boards;

/// <summary>A policy whose evaluations a test makes up, to be shown on a board.</summary>
/// <param name="name">Its name, and its Service's.</param>
/// <param name="mode">What it does with decisions.</param>
/// <param name="engine">The inference engine in its pods; null for none.</param>
internal sealed class ShownPolicy(string name, string mode = "Enforce", string? engine = null)
{
    private static readonly ConditionVerdict No = new(false, "Measured", "Measurements are there.");

    private readonly List<EndpointRow> _rows = [];
    private PolicySummary? _summary;
    private readonly PolicyConditions _conditions = new(
        new(true, "Accepted", "The Service is this policy's."),
        mode == "Observe"
            ? new(false, ConditionReason.Observing, "The policy only observes.")
            : new(true, ConditionReason.Steering, "The Service is steered by measured latency."),
        new(false, "Measured", "Measurements are there."), new(false, "Enough", "There is traffic."), mode == "Observe");

    /// <summary>What it would gain, where it only observes.</summary>
    public GainEstimate? Gain { get; init; }

    /// <summary>The policy.</summary>
    public AviatorPolicy Policy { get; } = new()
    {
        Metadata = new() { NamespaceProperty = "shop", Name = name, Uid = $"uid-{name}", Generation = 1 },
        Spec = new() { Mode = mode, TargetRef = new() { Name = name }, Engine = engine is null ? null : new() { Type = engine } },
    };

    /// <summary>A pod in use, or out of use, that answers so fast.</summary>
    public static EndpointRow Row(
        string pod, double p99Ms, EndpointState state = EndpointState.Selected, string reason = "selected: rank 1 of 3")
    {
        var isIn = state is EndpointState.Selected or EndpointState.New or EndpointState.Trial;
        var (p50, p99) = (TimeSpan.FromMilliseconds(p99Ms / 4), TimeSpan.FromMilliseconds(p99Ms));
        return new($"uid-{pod}", pod, "10.0.0.7", p50, p99, 200, 3, state, isIn, reason) { Rate = isIn ? 40 : 0 };
    }

    /// <summary>The pod's row by the last evaluation.</summary>
    public EndpointRow this[string pod] => _rows.Find(row => row.Name == pod) ?? throw new ArgumentException($"There is no pod {pod}.");

    /// <summary>Evaluates the policy: the pods are these now.</summary>
    public ShownPolicy Evaluate(BoardKeeper keeper, params IEnumerable<EndpointRow> rows)
    {
        List<EndpointRow> next = [.. rows];
        _rows.Clear();
        _rows.AddRange(next.OrderByDescending(row => row.State == EndpointState.Ejected).ThenByDescending(row => row.P99));
        _summary = Summary();
        return ShowAgain(keeper);
    }

    /// <summary>Shows what it came to once more, as a look between two evaluations does.</summary>
    public ShownPolicy ShowAgain(BoardKeeper keeper)
    {
        keeper.Show(Policy, _conditions, _summary, LatencySource.Ebpf, kernel: null);
        return this;
    }

    /// <summary>Evaluates it once more; these pods' rows replace their last ones.</summary>
    public ShownPolicy Change(BoardKeeper keeper, params IEnumerable<EndpointRow> changed)
    {
        var by = changed.ToDictionary(row => row.Key);
        var change = DecisionChangeOf([.. by.Values]);
        if (change.Any) keeper.Changed(Policy, change);
        return Evaluate(keeper, [.. _rows.Select(row => by.GetValueOrDefault(row.Key, row))]);
    }

    private DecisionChange DecisionChangeOf(IReadOnlyList<EndpointRow> rows)
    {
        var before = new Decision(_rows.ToDictionary(
            row => row.Key, row => new EndpointDecision(row.Key, row.Weight, row.State, row.Reason)));
        return DecisionChange.Between(before, new(before, PolicyState.Initial, Summary() with { Rows = rows }));
    }

    private PolicySummary Summary() => new()
    {
        Total = _rows.Count,
        Active = _rows.Count(row => row.Selected),
        Ejected = _rows.Count(row => row.State == EndpointState.Ejected),
        Average = _rows.Count == 0 ? null : TimeSpan.FromTicks((long)_rows.Average(row => row.P50!.Value.Ticks)),
        P99 = _rows.Where(row => row.Selected).Max(row => row.P99),
        Coverage = 0.982,
        Degraded = No,
        InsufficientTraffic = No,
        Gain = Gain,
        Rows = [.. _rows],
    };
}
