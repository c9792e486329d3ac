using Aviator.Cli.Figures;
using Aviator.Cli.Output;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Explain;

/// <summary>
/// What would change a pod's standing, by its state and the policy's numbers. Pure. docs/deciding.md has the rules in full.
/// </summary>
internal static class ChangeText
{
    /// <summary>The sentences.</summary>
    public static IEnumerable<string> Of(EndpointFigures figures, AviatorPolicy policy, DateTimeOffset now)
    {
        var spec = policy.Spec;
        var (breaker, dampening) = (spec.CircuitBreaker, spec.Dampening);
        switch (figures.State)
        {
            case "Ejected":
                var when = figures.TriedAgain is { } time && time > now ? $" in {Words.Span(time - now)} at the earliest," : "";
                yield return $"It is tried again{when} after spec.circuitBreaker.recoveryInterval ({breaker.RecoveryInterval}, doubled by "
                    + "each failed trial, 10 min at most): first good probes, then a short trial with traffic.";
                yield return $"It passes with a p99 of at most spec.circuitBreaker.p99Threshold ({breaker.P99Threshold}); until then, "
                    + $"look at the pod: kubectl logs {figures.Pod} -n {policy.Metadata.NamespaceProperty}.";
                break;
            case "Unselected":
                yield return $"It has to be among the best again: {Wanted(spec)}, for {dampening.ConsecutiveIntervals} evaluations in "
                    + $"a row ({spec.EvaluationInterval} each).";
                break;
            case "Dormant":
                yield return "It has had no traffic since it left; good probes promise a short trial with traffic, and a good trial "
                    + "brings it back.";
                yield return "A selected pod that dies is replaced at once by the best of these.";
                break;
            case "Trial":
                yield return $"{spec.Measurement.MinSamples} samples (spec.measurement.minSamples) decide the trial, which lasts "
                    + $"{spec.Measurement.MaxWindow} at most.";
                break;
            case "New":
                yield return $"It is measured with {spec.Measurement.MinSamples} samples (spec.measurement.minSamples) in "
                    + $"{spec.Measurement.MaxWindow}.";
                break;
            default:
                if (breaker.Enabled)
                {
                    yield return $"It is ejected after {breaker.ConsecutiveViolations} evaluations with a p99 above {breaker.P99Threshold} "
                        + "(spec.circuitBreaker).";
                }

                yield return $"It leaves the selection when it is clearly worse than what is wanted ({Wanted(spec)}) for "
                    + $"{dampening.ConsecutiveIntervals} evaluations in a row.";
                break;
        }
    }

    private static string Wanted(AviatorPolicySpec spec) => spec.Selection.Mode switch
    {
        "adaptive" or "prequal" => "within twice the middle pod's latency",
        "topN" => $"the {spec.Selection.TopN} fastest",
        "percentage" => $"the fastest {spec.Selection.Percentage}% and their equals",
        "threshold" => $"a p99 of at most spec.latencyThreshold, {spec.LatencyThreshold}",
        var mode => $"selection mode {mode}",
    };
}
