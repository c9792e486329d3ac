namespace Aviator.Core.Decisions;

/// <summary>A condition as the decision sees it.</summary>
/// <param name="IsTrue">Whether it holds.</param>
/// <param name="Reason">One word in CamelCase, for programs.</param>
/// <param name="Message">A sentence, for people.</param>
public sealed record ConditionVerdict(bool IsTrue, string Reason, string Message);

/// <summary>One endpoint's row of the status.</summary>
/// <param name="Key">The pod's UID.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Address">The pod's IP.</param>
/// <param name="P50">Median of its window, or of its last verdict while it is dormant; null when never measured.</param>
/// <param name="P99">99th percentile likewise; failures count as slower than any answer.</param>
/// <param name="Samples">Samples behind both.</param>
/// <param name="Rif">Requests in flight.</param>
/// <param name="State">State after the decision.</param>
/// <param name="Selected">Whether it gets traffic.</param>
/// <param name="Reason">Why.</param>
public sealed record EndpointRow(
    string Key,
    string Name,
    string Address,
    TimeSpan? P50,
    TimeSpan? P99,
    long Samples,
    long Rif,
    EndpointState State,
    bool Selected,
    string Reason)
{
    /// <summary>Its share of the traffic: 0 is none, 1 a full share.</summary>
    public double Weight { get; init; } = Selected ? 1 : 0;

    /// <summary>Answers per second in its window, 0 or more.</summary>
    public double Rate { get; init; }

    /// <summary>How much longer its circuit breaker stays open; null when it is not open.</summary>
    public TimeSpan? OpenFor { get; init; }

    /// <summary>How loaded its inference engine is; null where the policy does not ask, or that is not known.</summary>
    public EngineObservation? Engine { get; init; }
}

/// <summary>What an evaluation has to say beside the verdicts: the status of the policy.</summary>
public sealed record PolicySummary
{
    /// <summary>Ready endpoints.</summary>
    public required int Total { get; init; }

    /// <summary>Endpoints that get traffic.</summary>
    public required int Active { get; init; }

    /// <summary>Endpoints whose circuit breaker is not Closed.</summary>
    public required int Ejected { get; init; }

    /// <summary>Mean latency over the merged windows of the active endpoints; null without samples.</summary>
    public required TimeSpan? Average { get; init; }

    /// <summary>99th percentile over the merged windows of the active endpoints; null without samples.</summary>
    public required TimeSpan? P99 { get; init; }

    /// <summary>Share (0 to 1) of the exchanges that could be measured; null without traffic.</summary>
    public required double? Coverage { get; init; }

    /// <summary>
    /// Share (0 to 1) of the measured answers whose HTTP status was seen; null without answers. Over TLS none is, and a failure there
    /// counts as an answer like any other.
    /// </summary>
    public double? StatusCoverage { get; init; }

    /// <summary>What is asked of the Service; null when a part of that is not counted, and where only probes measure.</summary>
    public LoadSummary? Load { get; init; }

    /// <summary>No trustworthy data, or the panic threshold was crossed: more endpoints are used than the policy asks for.</summary>
    public required ConditionVerdict Degraded { get; init; }

    /// <summary>Most endpoints with traffic have too little of it to be ranked.</summary>
    public required ConditionVerdict InsufficientTraffic { get; init; }

    /// <summary>
    /// What carrying the decision out would gain; null unless that is asked for (<see cref="PolicySettings.EstimatesGain"/>), and where
    /// nothing can be said.
    /// </summary>
    public GainEstimate? Gain { get; init; }

    /// <summary>One row for each ready endpoint: ejected first, then slowest, then by name.</summary>
    public required IReadOnlyList<EndpointRow> Rows { get; init; }
}

/// <summary>Outcome of an evaluation.</summary>
/// <param name="Decision">The verdicts.</param>
/// <param name="Next">The state to continue with, once the decision has been written; never before.</param>
/// <param name="Summary">What the status shows.</param>
public sealed record PolicyOutcome(Decision Decision, PolicyState Next, PolicySummary Summary);
