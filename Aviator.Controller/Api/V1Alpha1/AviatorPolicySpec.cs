using System.Text.Json.Serialization;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>
/// The spec as it is written: enums and durations stay text here, because an object of a newer schema must be readable too. What the text
/// means, and whether it is acceptable, is settled when the policy is accepted; an unknown value gives Accepted=False, never a crash.
/// </summary>
public sealed record AviatorPolicySpec
{
    /// <summary>The Service to steer.</summary>
    public TargetReference TargetRef { get; init => field = value ?? new(); } = new();

    /// <summary>Enforce or Observe.</summary>
    public string Mode { get; init; } = "Enforce";

    /// <summary>Service, Shadow, Kernel or KernelAndService.</summary>
    public string Routing { get; init; } = "Service";

    /// <summary>What the routings Kernel and KernelAndService need.</summary>
    public KernelSpec Kernel { get; init => field = value ?? new(); } = new();

    /// <summary>The connections that clients keep open.</summary>
    public ConnectionsSpec Connections { get; init => field = value ?? new(); } = new();

    /// <summary>ebpf or probe.</summary>
    public string LatencySource { get; init; } = "ebpf";

    /// <summary>How often to decide: a Go duration, 100ms to 10m.</summary>
    public string EvaluationInterval { get; init; } = "5s";

    /// <summary>For selection mode threshold, the highest acceptable p99: a Go duration.</summary>
    public string LatencyThreshold { get; init; } = "100ms";

    /// <summary>The pods' port that the HTTP probe asks; null: the one behind the Service port whose latency decides.</summary>
    public int? TargetPort { get; init; }

    /// <summary>The HTTP probe.</summary>
    public ProbeSpec Probe { get; init => field = value ?? new(); } = new();

    /// <summary>The pods' inference engine, whose queue mode prequal goes by; null: it is not asked.</summary>
    public EngineSpec? Engine { get; init; }

    /// <summary>Which endpoints get traffic.</summary>
    public SelectionSpec Selection { get; init => field = value ?? new(); } = new();

    /// <summary>Ejection of endpoints that are far too slow or failing.</summary>
    public CircuitBreakerSpec CircuitBreaker { get; init => field = value ?? new(); } = new();

    /// <summary>Protection against flapping.</summary>
    public DampeningSpec Dampening { get; init => field = value ?? new(); } = new();

    /// <summary>How much traffic a verdict rests on.</summary>
    public MeasurementSpec Measurement { get; init => field = value ?? new(); } = new();

    /// <summary>Limits that hold whatever the latency says.</summary>
    public SafetySpec Safety { get; init => field = value ?? new(); } = new();

    /// <summary>The version that gets a share of its own; null without one.</summary>
    public CanarySpec? Canary { get; init; }

    /// <summary>Why the spec could not be read at all; null when it could.</summary>
    [JsonIgnore]
    public string? Unreadable { get; init; }
}

/// <summary>The Service that a policy speaks of, in the policy's own namespace.</summary>
public sealed record TargetReference
{
    /// <summary>Kind of the target; only Service.</summary>
    public string Kind { get; init; } = "Service";

    /// <summary>Name of the Service.</summary>
    public string Name { get; init; } = "";

    /// <summary>The Service port, by name or number, whose latency decides; null for the first TCP port.</summary>
    public IntOrString? Port { get; init; }
}

/// <summary>Routing by the nodes' kernels.</summary>
public sealed record KernelSpec
{
    /// <summary>
    /// How old the controller's last order may be before a node's kernel leaves new connections to kube-proxy: a Go duration, 1s to 1m.
    /// </summary>
    public string FailOpenAfter { get; init; } = "5s";
}

/// <summary>The connections that clients keep open.</summary>
public sealed record ConnectionsSpec
{
    /// <summary>What becomes of those to an endpoint that leaves the selection or is ejected: Keep or CloseIdle.</summary>
    public string OnEject { get; init; } = "Keep";

    /// <summary>What becomes of them when endpoints join: None or Gentle.</summary>
    public string Rebalance { get; init; } = "None";
}

/// <summary>A version of the program that gets a share of the traffic of its own.</summary>
public sealed record CanarySpec
{
    /// <summary>Its pods.</summary>
    public CanarySelector Selector { get; init => field = value ?? new(); } = new();

    /// <summary>Its share of the new connections, in percent: 0 to 100.</summary>
    public int Weight { get; init; }
}

/// <summary>The pods of a canary, among those of the Service.</summary>
public sealed record CanarySelector
{
    /// <summary>The labels that each of them has.</summary>
    public IReadOnlyDictionary<string, string> MatchLabels { get; init => field = value ?? NoLabels; } = NoLabels;

    private static readonly Dictionary<string, string> NoLabels = [];
}

/// <summary>The HTTP probe.</summary>
public sealed record ProbeSpec
{
    /// <summary>The path to GET.</summary>
    public string Path { get; init; } = AviatorNames.DefaultProbePath;
}

/// <summary>The inference engine in the pods.</summary>
public sealed record EngineSpec
{
    /// <summary>vLLM, SGLang, TensorRTLLM or Triton.</summary>
    public string Type { get; init; } = "";

    /// <summary>The pods' port that serves its metrics; null: 8002 for Triton, else the one behind the deciding Service port.</summary>
    public int? Port { get; init; }

    /// <summary>The path of its metrics; null: /prometheus/metrics for TensorRTLLM, else /metrics.</summary>
    public string? Path { get; init; }
}

/// <summary>How many endpoints get traffic.</summary>
public sealed record SelectionSpec
{
    /// <summary>adaptive, prequal, topN, percentage or threshold.</summary>
    public string Mode { get; init; } = "percentage";

    /// <summary>How many endpoints mode topN keeps at least.</summary>
    public int TopN { get; init; } = 3;

    /// <summary>Share in percent that mode percentage keeps at least; rounded up.</summary>
    public int Percentage { get; init; } = 50;
}

/// <summary>The circuit breaker.</summary>
public sealed record CircuitBreakerSpec
{
    /// <summary>Whether endpoints may be ejected.</summary>
    public bool Enabled { get; init; }

    /// <summary>An interval with a p99 above this is a violation: a Go duration.</summary>
    public string P99Threshold { get; init; } = "500ms";

    /// <summary>Violations in a row before ejection.</summary>
    public int ConsecutiveViolations { get; init; } = 3;

    /// <summary>Time out before the first trial: a Go duration.</summary>
    public string RecoveryInterval { get; init; } = "30s";
}

/// <summary>Protection against flapping.</summary>
public sealed record DampeningSpec
{
    /// <summary>Whether changes have to persist before they apply.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Distance from the selection's boundary, in percent, from which on a change counts.</summary>
    public int ThresholdPercent { get; init; } = 20;

    /// <summary>Evaluations in a row that must see the change.</summary>
    public int ConsecutiveIntervals { get; init; } = 3;
}

/// <summary>How much traffic a verdict rests on.</summary>
public sealed record MeasurementSpec
{
    /// <summary>The time over which latency is ranked: a Go duration.</summary>
    public string Window { get; init; } = "10s";

    /// <summary>Fewer requests than this make the window grow.</summary>
    public int MinSamples { get; init; } = 20;

    /// <summary>The longest window: a Go duration.</summary>
    public string MaxWindow { get; init; } = "60s";
}

/// <summary>Limits that hold whatever the latency says.</summary>
public sealed record SafetySpec
{
    /// <summary>Never fewer endpoints than this get traffic while that many are ready.</summary>
    public int MinEndpoints { get; init; } = 2;

    /// <summary>Share of ready endpoints, in percent, that must be left after ejection.</summary>
    public int PanicThreshold { get; init; } = 50;
}
