using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Stages;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Selection;

/// <summary>What hangs, and whether that is the endpoint's own fault.</summary>
internal static class HungEndpoints
{
    /// <summary>
    /// Endpoints in service that hang while more endpoints in service answer. When as many hang, it is a common cause (a database), and to
    /// choose among endpoints would only move the load. Where only probes say that an endpoint hangs, answered probes are answers too; a
    /// request that hangs is not weighed against them, since a cheap path may be answered without the database.
    /// </summary>
    public static IReadOnlyList<EndpointEvaluation> FindOutliers(EvaluationContext context)
    {
        var hung = context.Ranking.Where(endpoint => endpoint.Ranked && endpoint.Hung).ToList();
        if (hung.Count == 0) return hung;
        var others = context.Endpoints.Where(TakesPart).ToList();
        if (hung.Count < others.Count(AnswersTraffic)) return hung;
        var answering = others.Count(endpoint => AnswersTraffic(endpoint) || ProbeSilence.AnswersProbes(context, endpoint));
        return hung.Count < answering ? [.. hung.Where(endpoint => endpoint.HangsByProbes)] : [];
    }

    /// <summary>
    /// Whether it was taken out because it did not answer or failed its trial, its pause is not over, and something still speaks against
    /// it. Where probes are the source they are all that can be known, so it rests for as long as it fails them.
    /// </summary>
    public static bool IsResting(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (context.Settings.Source == LatencySource.Probe && ProbeSilence.IsSilent(context, endpoint)) return true;
        if (endpoint.Record.Exploration.Failures == 0 || context.Now >= endpoint.Record.Exploration.NotBefore) return false;
        return endpoint.Hung
            || context.ProbeFails(endpoint)
            || endpoint.Observed.OldestInFlight >= EstablishEvidence.HungForCertain;
    }

    private static bool TakesPart(EndpointEvaluation endpoint) =>
        endpoint.Record.Admitted && !endpoint.Ejected && !endpoint.OnTrial && !endpoint.Hung;

    private static bool AnswersTraffic(EndpointEvaluation endpoint) =>
        endpoint.Observed.Window.Latency.Count > endpoint.Observed.Window.Failures;
}
