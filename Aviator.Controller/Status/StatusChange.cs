using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Status;

/// <summary>How much a new status differs from the one written last.</summary>
internal enum StatusChange
{
    /// <summary>Nothing worth a write.</summary>
    None,

    /// <summary>Figures moved by more than the tolerance, or a message did: worth a write now and then.</summary>
    Drift,

    /// <summary>The decision or a condition changed: worth a write at once.</summary>
    Decision,
}

/// <summary>Weighs two statuses against each other. Times and rows of the table never cause a write by themselves.</summary>
internal static class StatusDiff
{
    /// <summary>Relative change of a figure from which on it counts as drift.</summary>
    public const double Tolerance = 0.10;

    /// <summary>Smallest latency that a drift is measured against, in milliseconds: below it everything is noise.</summary>
    private const double FloorMs = 0.5;

    public static StatusChange Compare(AviatorPolicyStatus? written, AviatorPolicyStatus next)
    {
        if (written is null || FiguresDiffer(written, next) || ConditionsDiffer(written, next) || StatesDiffer(written, next))
            return StatusChange.Decision;
        var drifted =
            Drifted(written.AverageLatencyMs, next.AverageLatencyMs, FloorMs) ||
            Drifted(written.P99LatencyMs, next.P99LatencyMs, FloorMs) ||
            Drifted(written.Coverage, next.Coverage, 0.01) ||
            Drifted(written.StatusCoverage, next.StatusCoverage, 0.01) ||
            GainsDiffer(written.EstimatedGain, next.EstimatedGain) ||
            NodesDiffer(written.Kernel, next.Kernel) ||
            SharesDiffer(written, next) ||
            MessagesDiffer(written, next);
        return drifted ? StatusChange.Drift : StatusChange.None;
    }

    private static bool FiguresDiffer(AviatorPolicyStatus written, AviatorPolicyStatus next) =>
        written.ObservedGeneration != next.ObservedGeneration ||
        written.ActivePods != next.ActivePods ||
        written.TotalPods != next.TotalPods ||
        written.CircuitBrokenPods != next.CircuitBrokenPods ||
        written.LatencySource != next.LatencySource;

    /// <summary>One node of many is no decision; that none is left changes the condition.</summary>
    private static bool NodesDiffer(KernelStatus? written, KernelStatus? next) =>
        written?.SteeringNodes != next?.SteeringNodes || written?.PassingNodes != next?.PassingNodes ||
        !(written?.Passing ?? []).SequenceEqual(next?.Passing ?? []) ||
        Drifted(written?.SteeredShare, next?.SteeredShare, 0.01);

    private static bool GainsDiffer(EstimatedGain? written, EstimatedGain? next) =>
        Drifted(written?.MovedShare, next?.MovedShare, 0.01) ||
        Drifted(written?.P99NowMs, next?.P99NowMs, FloorMs) ||
        Drifted(written?.P99Ms, next?.P99Ms, FloorMs);

    private static bool ConditionsDiffer(AviatorPolicyStatus written, AviatorPolicyStatus next) =>
        written.Conditions.Count != next.Conditions.Count ||
        next.Conditions.Any(condition => written.Condition(condition.Type) is not { } before ||
            before.Status != condition.Status || before.Reason != condition.Reason);

    private static bool MessagesDiffer(AviatorPolicyStatus written, AviatorPolicyStatus next) =>
        next.Conditions.Any(condition => written.Condition(condition.Type)?.Message != condition.Message);

    /// <summary>
    /// Rows come and go with their rank; only a pod that both tables show, in another role, is a change. New and Selected both get traffic,
    /// Unselected and Dormant do not: which of the two depends on stray requests and is no decision.
    /// </summary>
    private static bool StatesDiffer(AviatorPolicyStatus written, AviatorPolicyStatus next)
    {
        var before = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var row in written.PodLatencies)
            before[row.Name] = Role(row.State);
        return next.PodLatencies.Any(row => before.TryGetValue(row.Name, out var role) && role != Role(row.State));
    }

    /// <summary>Shares move in a few steps, and never by chance.</summary>
    private static bool SharesDiffer(AviatorPolicyStatus written, AviatorPolicyStatus next)
    {
        var before = written.PodLatencies.ToLookup(row => row.Name, row => row.Share);
        return next.PodLatencies.Any(row => before[row.Name].Any(share => share is not null && share != row.Share));
    }

    private static string? Role(string? state) => state switch { "New" => "Selected", "Dormant" => "Unselected", _ => state };

    private static bool Drifted(double? before, double? after, double floor) => (before, after) switch
    {
        (null, null) => false,
        (null, _) or (_, null) => true,
        _ => Math.Abs(after.Value - before.Value) > Tolerance * Math.Max(before.Value, floor),
    };
}
