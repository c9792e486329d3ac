using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Status;

/// <summary>The status of policies that no controller looks at any more. Pure.</summary>
internal static class Unattended
{
    private static readonly ConditionValue Unknown = new(null, ConditionReason.NotEvaluated, "No controller decides.");

    /// <summary>No controller lives, and the watchdog hands back.</summary>
    public static ConditionValue ByWatchdog { get; } = new(
        false, ConditionReason.NoController,
        "No controller has renewed its Lease for too long, so nothing is decided; the watchdog hands back what was steered, " +
        "and kube-proxy uses every ready pod. Look at the controllers' pods and logs.");

    /// <summary>The controllers are being taken away.</summary>
    public static ConditionValue ByRelease { get; } = new(
        false, ConditionReason.HandedBack,
        "Aviator's release handed back what was steered, so kube-proxy uses every ready pod; " +
        "a controller that is installed takes it up again.");

    /// <summary>
    /// What the status says from now on: nothing is steered, every ready endpoint gets traffic, and figures that nobody renews are gone.
    /// </summary>
    /// <param name="policy">The policy as its last controller left it.</param>
    /// <param name="steering">Who hands back: <see cref="ByWatchdog"/> or <see cref="ByRelease"/>.</param>
    /// <param name="now">The time of the transition.</param>
    /// <returns>
    /// Null where there is nothing to correct: it says so already, or no controller ever wrote a status and nothing was handed back.
    /// </returns>
    public static AviatorPolicyStatus? Correct(AviatorPolicy policy, ConditionValue steering, DateTimeOffset now)
    {
        // Created while no controller lives: without a word it would look as if one were about to begin.
        var before = policy.Status ?? new();
        if (before.Conditions.Count == 0 && steering.Reason != ConditionReason.NoController) return null;
        if (before.Condition(ConditionType.Steering)?.Reason == steering.Reason) return null;
        var conditions = new PolicyConditions(Accepted(before, steering), steering, Unknown, Unknown);
        return before with
        {
            ActivePods = before.TotalPods,
            AverageLatencyMs = null,
            P99LatencyMs = null,
            CircuitBrokenPods = 0,
            Coverage = null,
            StatusCoverage = null,
            Kernel = null,
            PodLatencies = [],
            Conditions = conditions.ToList(before.Conditions, before.ObservedGeneration, now),
        };
    }

    private static ConditionValue Accepted(AviatorPolicyStatus before, ConditionValue steering) =>
        before.Condition(ConditionType.Accepted) is { } accepted
            ? new(accepted.Status == "Unknown" ? null : accepted.Status == "True", accepted.Reason, accepted.Message)
            : steering with { Holds = null };
}
