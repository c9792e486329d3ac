namespace Aviator.Core.Boards;

/// <summary>One policy as its last evaluation left it.</summary>
public sealed record PolicyBoard
{
    /// <summary>The policy's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The policy's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its Service, in the same namespace.</summary>
    public required string Service { get; init; }

    /// <summary>What it does with decisions: "Enforce", or "Observe", where in use means that an endpoint would be.</summary>
    public required string Mode { get; init; }

    /// <summary>What carries decisions out: "Service", "Shadow", "Kernel" or "KernelAndService".</summary>
    public required string Routing { get; init; }

    /// <summary>The inference engine in its pods: "vLLM", "SGLang", "TensorRTLLM" or "Triton"; null where it names none.</summary>
    public string? Engine { get; init; }

    /// <summary>Condition Ready: accepted, doing what its mode asks for, on measurements that can be trusted.</summary>
    public required ConditionBoard Ready { get; init; }

    /// <summary>Condition Steering: whether the Service's traffic follows the decisions.</summary>
    public required ConditionBoard Steering { get; init; }

    /// <summary>Condition Degraded: whether measurements are missing, or more endpoints are used than the policy asks for.</summary>
    public required ConditionBoard Degraded { get; init; }

    /// <summary>Endpoints that get traffic (in mode Observe: that would get it).</summary>
    public int Active { get; init; }

    /// <summary>Ready endpoints.</summary>
    public int Total { get; init; }

    /// <summary>99th percentile over the active endpoints, in milliseconds; null without samples.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Mean latency over the active endpoints, in milliseconds; null without samples.</summary>
    public double? AverageMs { get; init; }

    /// <summary>In mode Observe, what enforcing would gain; null where nothing can be said, and in mode Enforce.</summary>
    public GainBoard? Gain { get; init; }

    /// <summary>Where the figures come from: "ebpf" or "probe"; null before the first evaluation.</summary>
    public string? Source { get; init; }

    /// <summary>Share (0 to 1) of the exchanges that could be measured; null without traffic.</summary>
    public double? Coverage { get; init; }

    /// <summary>When it was last evaluated, in Unix milliseconds; null before the first evaluation.</summary>
    public long? EvaluatedAtMs { get; init; }

    /// <summary>What the endpoints' histories are measured at, in Unix milliseconds, oldest first.</summary>
    public IReadOnlyList<long> HistoryAtMs { get; init; } = [];

    /// <summary>Its ready endpoints: those out of use first, then the slowest.</summary>
    public IReadOnlyList<EndpointBoard> Endpoints { get; init; } = [];

    /// <summary>What decisions changed, newest first, at most as many as are kept.</summary>
    public IReadOnlyList<DecisionEntry> Decisions { get; init; } = [];
}

/// <summary>One condition of a policy, as in its status.</summary>
/// <param name="Status">"True", "False" or "Unknown".</param>
/// <param name="Reason">Why, as one word in CamelCase.</param>
/// <param name="Message">Why, in a sentence.</param>
public sealed record ConditionBoard(string Status, string Reason, string Message);
