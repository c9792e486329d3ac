namespace Aviator.Core.Boards;

/// <summary>
/// What a policy that is not in force would decide on the figures of now (<see cref="BoardAddress.SimulationPath"/>). Times in
/// milliseconds, weights from 0 (out) to 1 (a full share).
/// </summary>
public sealed record SimulatedPolicy
{
    /// <summary>The form that this version writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Its form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What is wrong with the spec, each sentence beginning with the field's name; empty when it could be simulated.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Name of the Service.</summary>
    public required string Service { get; init; }

    /// <summary>Why the Service could not be steered as the policy asks; null when it could.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Evaluations until the decision did not change any more, or the most that are simulated.</summary>
    public int Evaluations { get; init; }

    /// <summary>Time from one evaluation to the next, by the policy.</summary>
    public double IntervalMs { get; init; }

    /// <summary>Ready endpoints.</summary>
    public int Total { get; init; }

    /// <summary>Endpoints that get traffic now.</summary>
    public int ActiveNow { get; init; }

    /// <summary>Endpoints that would get traffic.</summary>
    public int Active { get; init; }

    /// <summary>Why more endpoints would be used than the policy asks for; null when that is not so.</summary>
    public string? Degraded { get; init; }

    /// <summary>What it would gain, where all endpoints get traffic now; null where nothing can be said.</summary>
    public GainBoard? Gain { get; init; }

    /// <summary>The endpoints: what would leave first, then the slowest.</summary>
    public IReadOnlyList<SimulatedEndpoint> Endpoints { get; init; } = [];
}

/// <summary>One endpoint of it.</summary>
public sealed record SimulatedEndpoint
{
    /// <summary>Name of the pod.</summary>
    public required string Pod { get; init; }

    /// <summary>The weight that it has now.</summary>
    public required double WeightNow { get; init; }

    /// <summary>The weight that it would have.</summary>
    public required double Weight { get; init; }

    /// <summary>New, Selected, Trial, Unselected, Dormant or Ejected.</summary>
    public required string State { get; init; }

    /// <summary>Why, as a decision says it; of one that would leave or come back, at the moment when it does.</summary>
    public required string Reason { get; init; }

    /// <summary>Median; null without samples.</summary>
    public double? P50Ms { get; init; }

    /// <summary>99th percentile; null without samples.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Requests that the percentiles rest on.</summary>
    public long Samples { get; init; }
}
