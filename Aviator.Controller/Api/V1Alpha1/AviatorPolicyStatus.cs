using System.Text.Json.Serialization;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>What was seen and decided. Latencies are in milliseconds.</summary>
public sealed record AviatorPolicyStatus
{
    /// <summary>Rows of <see cref="PodLatencies"/> at most: status is for people, the metrics have it all.</summary>
    public const int MaxPodLatencies = 10;

    /// <summary>The generation of the spec that this status speaks of.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>When the figures were decided on.</summary>
    public DateTimeOffset? LastEvaluationTime { get; init; }

    /// <summary>Endpoints that get traffic.</summary>
    public int ActivePods { get; init; }

    /// <summary>Ready endpoints.</summary>
    public int TotalPods { get; init; }

    /// <summary>Mean service latency over the endpoints that get traffic; null without samples.</summary>
    public double? AverageLatencyMs { get; init; }

    /// <summary>99th percentile over the endpoints that get traffic, from their merged histograms; null without samples.</summary>
    public double? P99LatencyMs { get; init; }

    /// <summary>Endpoints that the circuit breaker holds out.</summary>
    public int CircuitBrokenPods { get; init; }

    /// <summary>
    /// The source really in use: ebpf or probe; null before the first measurement. (Servers of 1.20 take an empty text for null and refuse
    /// it.)
    /// </summary>
    public string? LatencySource { get; init; }

    /// <summary>Share (0 to 1) of the exchanges that could be measured; null without traffic.</summary>
    public double? Coverage { get; init; }

    /// <summary>
    /// Share (0 to 1) of the measured answers whose HTTP status was seen; null without answers. Over TLS failures cannot be seen.
    /// </summary>
    public double? StatusCoverage { get; init; }

    /// <summary>In mode Observe, what enforcing would gain; null where nothing can be said, and in mode Enforce.</summary>
    public EstimatedGain? EstimatedGain { get; init; }

    /// <summary>With routing Kernel or KernelAndService, what the nodes do; null otherwise.</summary>
    public KernelStatus? Kernel { get; init; }

    /// <summary>At most <see cref="MaxPodLatencies"/> endpoints: ejected first, then the slowest.</summary>
    public IReadOnlyList<PodLatency> PodLatencies { get; init => field = value ?? []; } = [];

    /// <summary>Accepted, Steering, Degraded, InsufficientTraffic, Ready.</summary>
    public IReadOnlyList<PolicyCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>The condition of a type, or null.</summary>
    public PolicyCondition? Condition(string type) => Conditions.FirstOrDefault(condition => condition.Type == type);
}

/// <summary>One endpoint's row. Latencies in milliseconds; null without samples.</summary>
public sealed record PodLatency
{
    /// <summary>Name of the pod.</summary>
    public required string Name { get; init; }

    /// <summary>Its address.</summary>
    [JsonPropertyName("podIP")]
    public string? PodIp { get; init; }

    /// <summary>Median.</summary>
    public double? P50 { get; init; }

    /// <summary>99th percentile.</summary>
    public double? P99 { get; init; }

    /// <summary>Requests that the percentiles rest on.</summary>
    public long Samples { get; init; }

    /// <summary>Requests in flight.</summary>
    public long Rif { get; init; }

    /// <summary>The endpoint's state after the decision.</summary>
    public string? State { get; init; }

    /// <summary>Why the endpoint is in or out.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Its share of the traffic, 0 to 1, which <see cref="Reason"/> says as well; null where the status was read and not made. Not written.
    /// </summary>
    [JsonIgnore] public double? Share { get; init; }
}

/// <summary>
/// What a decision would gain that is not carried out: all answers of now beside those of now that come from where it would send requests.
/// Load does not move in it. Latencies in milliseconds.
/// </summary>
public sealed record EstimatedGain
{
    /// <summary>Share of the requests, 0 to 1, that would go to other endpoints than now.</summary>
    public double MovedShare { get; init; }

    /// <summary>Median of all answers.</summary>
    public double P50NowMs { get; init; }

    /// <summary>99th percentile of all answers.</summary>
    public double P99NowMs { get; init; }

    /// <summary>Median by the decision.</summary>
    public double P50Ms { get; init; }

    /// <summary>99th percentile by the decision.</summary>
    public double P99Ms { get; init; }
}

/// <summary>What the nodes' kernels do with the connections to a Service.</summary>
public sealed record KernelStatus
{
    /// <summary>Rows of <see cref="Passing"/> at most.</summary>
    public const int MaxPassing = 5;

    /// <summary>Nodes that give new connections to endpoints.</summary>
    public int SteeringNodes { get; init; }

    /// <summary>Nodes that leave new connections to kube-proxy, those without an agent among them.</summary>
    public int PassingNodes { get; init; }

    /// <summary>At most <see cref="MaxPassing"/> of those, by name.</summary>
    public IReadOnlyList<PassingNode> Passing { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Share (0 to 1) of the connections that were given to an endpoint; null without connections. Written as null then: a merge patch
    /// keeps what an inner object does not name.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? SteeredShare { get; init; }
}

/// <summary>A node that leaves connections to kube-proxy.</summary>
public sealed record PassingNode
{
    /// <summary>Name of the node, or of its agent while the node is not known.</summary>
    public required string Node { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }
}

/// <summary>A condition in the form of the Kubernetes API conventions.</summary>
public sealed record PolicyCondition
{
    /// <summary>Type of the condition.</summary>
    public required string Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public required string Status { get; init; }

    /// <summary>The generation of the spec that it speaks of.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>When <see cref="Status"/> changed last.</summary>
    public DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>Why, as one word in camel case.</summary>
    public required string Reason { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Message { get; init; }
}
