using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// What a policy asks of the decision, with the resource's defaults. <see cref="PolicySettingsValidator"/> says whether it makes sense;
/// the decision relies on that.
/// </summary>
public sealed record PolicySettings
{
    /// <summary>spec.latencyThreshold: threshold mode accepts at or below it.</summary>
    public TimeSpan LatencyThreshold { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>spec.evaluationInterval: how often a decision is made.</summary>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The source really in use, which may be the probe although the policy asks for eBPF.</summary>
    public LatencySource Source { get; init; } = LatencySource.Ebpf;

    /// <summary>spec.selection.</summary>
    public SelectionSettings Selection { get; init; } = new();

    /// <summary>spec.circuitBreaker.</summary>
    public BreakerSettings Breaker { get; init; } = new();

    /// <summary>spec.dampening.</summary>
    public DampeningSettings Dampening { get; init; } = new();

    /// <summary>spec.measurement.</summary>
    public MeasurementSettings Measurement { get; init; } = new();

    /// <summary>spec.safety.</summary>
    public SafetySettings Safety { get; init; } = new();

    /// <summary>spec.engine.type: the inference engine whose queue the mode prequal goes by; null without one.</summary>
    public InferenceEngine? Engine { get; init; }

    /// <summary>
    /// Whether weights between 0 and 1 are carried out. Where they are not, an endpoint is in or out, and every weight is 0 or 1.
    /// </summary>
    public bool CarriesWeights { get; init; }

    /// <summary>
    /// Share of the traffic, 0 to 1, that the endpoints of the canary get together; null without one. Only where weights are carried out.
    /// </summary>
    public double? CanaryShare { get; init; }

    /// <summary>
    /// Whether decisions are only shown: the summary then says what carrying them out would gain. While they are carried out, what is out
    /// of use is hardly measured, so there would be nothing to compare with.
    /// </summary>
    public bool EstimatesGain { get; init; }

    /// <summary>
    /// The settings for a part of the endpoints that is decided by itself: numbers of endpoints in proportion, rounded up, so that the
    /// parts together never keep fewer than the policy says.
    /// </summary>
    /// <param name="part">Endpoints of the part, at least 1.</param>
    /// <param name="all">Endpoints of all parts.</param>
    internal PolicySettings ForShare(int part, int all)
    {
        return part == all
            ? this
            : this with
            {
                Selection = Selection with { TopN = Share(Selection.TopN) },
                Safety = Safety with { MinEndpoints = Share(Safety.MinEndpoints) },
            };

        int Share(int number) => (int)((((long)number * part) + all - 1) / all);
    }
}

/// <summary>spec.selection.</summary>
public sealed record SelectionSettings
{
    /// <summary>How many of the ranked endpoints get traffic, and which.</summary>
    public ISelectionMode Mode { get; init; } = SelectionModes.Percentage;

    /// <summary>Endpoints in <see cref="SelectionModes.TopN"/>, at least 1.</summary>
    public int TopN { get; init; } = 3;

    /// <summary>Share of the ready endpoints in <see cref="SelectionModes.Percentage"/>, 1 to 100; rounded up.</summary>
    public int Percentage { get; init; } = 50;
}

/// <summary>spec.circuitBreaker.</summary>
public sealed record BreakerSettings
{
    /// <summary>Whether endpoints are ejected at all.</summary>
    public bool Enabled { get; init; }

    /// <summary>An interval whose 99th percentile is above it is a violation.</summary>
    public TimeSpan P99Threshold { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Violations in a row before ejection, at least 1.</summary>
    public int ConsecutiveViolations { get; init; } = 3;

    /// <summary>Time Open before the first trial; doubled by each failed one.</summary>
    public TimeSpan RecoveryInterval { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>spec.dampening.</summary>
public sealed record DampeningSettings
{
    /// <summary>Off: a verdict applies at once, and only the statistical error protects from flapping.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How far, in percent, an endpoint's latency must be from the selection boundary to count as a change; 1 to 100.</summary>
    public int ThresholdPercent { get; init; } = 20;

    /// <summary>Evaluations with new evidence that a changed verdict must persist, at least 1.</summary>
    public int ConsecutiveIntervals { get; init; } = 3;
}

/// <summary>spec.measurement.</summary>
public sealed record MeasurementSettings
{
    /// <summary>The window that is looked at first.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Samples a window must hold before its endpoint is ranked; the window grows until it does.</summary>
    public int MinSamples { get; init; } = 20;

    /// <summary>The longest window.</summary>
    public TimeSpan MaxWindow { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>spec.safety.</summary>
public sealed record SafetySettings
{
    /// <summary>Never fewer endpoints while that many are ready; at least 1.</summary>
    public int MinEndpoints { get; init; } = 2;

    /// <summary>Share in percent (0 to 100) of ready endpoints that are not ejected; below it all ready ones are used.</summary>
    public int PanicThreshold { get; init; } = 50;
}
