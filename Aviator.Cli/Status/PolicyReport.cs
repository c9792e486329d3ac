using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Status;

/// <summary>One policy, as <c>status</c> shows it. Latencies in milliseconds, shares 0 to 1; null where nothing is known.</summary>
internal sealed record PolicyReport
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Service { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public required string Ready { get; init; }

    /// <summary>The reason of the condition Steering; null before a controller has looked at the policy.</summary>
    public string? Steering { get; init; }

    public required string Mode { get; init; }
    public required string Routing { get; init; }
    public int ActivePods { get; init; }
    public int TotalPods { get; init; }
    public int CircuitBrokenPods { get; init; }
    public double? AverageLatencyMs { get; init; }
    public double? P99LatencyMs { get; init; }
    public string? LatencySource { get; init; }
    public double? Coverage { get; init; }
    public double? StatusCoverage { get; init; }
    public DateTimeOffset? LastEvaluationTime { get; init; }

    /// <summary>What is not as wished, in a sentence; null when all is.</summary>
    public string? Problem { get; init; }

    /// <summary>In mode Observe, what enforcing would gain; null where nothing can be said.</summary>
    public EstimatedGain? EstimatedGain { get; init; }

    /// <summary>The kernel's part; null with another routing.</summary>
    public KernelStatus? Kernel { get; init; }

    /// <summary>Only of a policy that was named.</summary>
    public IReadOnlyList<PolicyCondition>? Conditions { get; init; }

    /// <summary>At most ten, and only of a policy that was named.</summary>
    public IReadOnlyList<PodLatency>? Pods { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="detailed">Whether conditions and pods are wanted.</param>
    public static PolicyReport Of(AviatorPolicy policy, bool detailed)
    {
        var status = policy.Status;
        return new()
        {
            Namespace = policy.Metadata.NamespaceProperty,
            Name = policy.Metadata.Name,
            Service = policy.Spec.TargetRef.Name,
            Ready = status?.Condition(ConditionType.Ready)?.Status ?? "Unknown",
            Steering = status?.Condition(ConditionType.Steering)?.Reason,
            Mode = policy.Spec.Mode,
            Routing = policy.Spec.Routing,
            ActivePods = status?.ActivePods ?? 0,
            TotalPods = status?.TotalPods ?? 0,
            CircuitBrokenPods = status?.CircuitBrokenPods ?? 0,
            AverageLatencyMs = status?.AverageLatencyMs,
            P99LatencyMs = status?.P99LatencyMs,
            LatencySource = status?.LatencySource,
            Coverage = status?.Coverage,
            StatusCoverage = status?.StatusCoverage,
            LastEvaluationTime = status?.LastEvaluationTime,
            Problem = ProblemOf(policy),
            EstimatedGain = status?.EstimatedGain,
            Kernel = status?.Kernel,
            Conditions = detailed ? status?.Conditions ?? [] : null,
            Pods = detailed ? status?.PodLatencies ?? [] : null,
        };
    }

    private static string? ProblemOf(AviatorPolicy policy)
    {
        if (policy.Status is null) return "No controller has looked at it yet.";
        if (policy.Metadata.Generation is { } wanted && policy.Status.ObservedGeneration < wanted)
            return "The spec was changed, and no controller has looked at it since.";
        return ConditionJudge.Worst(policy.Status)?.Message;
    }
}
