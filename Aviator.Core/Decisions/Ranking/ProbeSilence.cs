using Aviator.Core.Decisions.Trials;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Ranking;

/// <summary>
/// What failing probes say of an endpoint of which traffic shows nothing: no request in flight can tell that it hangs, so probes must.
/// </summary>
internal static class ProbeSilence
{
    /// <summary>Probes that must have failed in a row: a single one is lost now and then, and is no reason to doubt a pod.</summary>
    private const int Run = 2;

    /// <summary>
    /// Whether the endpoint's newest probes failed and no traffic contradicts them. Probes of a Service of which none ever succeeded say
    /// nothing, nor do those that ended before the longest window began.
    /// </summary>
    public static bool IsSilent(EvaluationContext context, EndpointEvaluation endpoint) => context.ProbesWork
        && IsRecent(context, endpoint)
        && ProbeRuns.CountFailures(endpoint.Observed.Probe) >= Run
        && TrafficShowsNothing(context, endpoint.Observed);

    /// <summary>Whether its newest probe is of late, and was answered.</summary>
    public static bool AnswersProbes(EvaluationContext context, EndpointEvaluation endpoint) =>
        IsRecent(context, endpoint) && endpoint.Observed.Probe.Recent is [not null, ..];

    private static bool IsRecent(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.Observed.Probe.Age <= context.Settings.Measurement.MaxWindow;

    private static bool TrafficShowsNothing(EvaluationContext context, EndpointObservation observed)
    {
        if (context.Settings.Source == LatencySource.Probe) return true;
        var window = observed.Window;
        return observed.Rif + window.Latency.Count + window.Unmeasured + window.Abandoned.Count == 0;
    }
}
