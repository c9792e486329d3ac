using Aviator.Core.Decisions.Stages;

namespace Aviator.Core.Decisions.Selection;

/// <summary>What hangs, and whether that is the endpoint's own fault.</summary>
internal static class HungEndpoints
{
    /// <summary>
    /// Endpoints in service that hang while more endpoints in service answer. When as many hang, it is a common cause (a database), and to
    /// choose among endpoints would only move the load.
    /// </summary>
    public static IReadOnlyList<EndpointEvaluation> FindOutliers(EvaluationContext context)
    {
        var hung = context.Ranking.Where(endpoint => endpoint.Ranked && endpoint.Hung).ToList();
        return hung.Count < context.Endpoints.Count(Answers) ? hung : [];
    }

    /// <summary>
    /// Whether it was taken out because it did not answer or failed its trial, its pause is not over, and something still speaks against
    /// it.
    /// </summary>
    public static bool IsResting(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Record.Exploration.Failures == 0 || context.Now >= endpoint.Record.Exploration.NotBefore) return false;
        return endpoint.Hung
            || context.ProbeFails(endpoint)
            || endpoint.Observed.OldestInFlight >= EstablishEvidence.HungForCertain;
    }

    private static bool Answers(EndpointEvaluation endpoint) =>
        endpoint.Record.Admitted && !endpoint.Ejected && !endpoint.OnTrial && !endpoint.Hung
        && endpoint.Observed.Window.Latency.Count > endpoint.Observed.Window.Failures;
}
