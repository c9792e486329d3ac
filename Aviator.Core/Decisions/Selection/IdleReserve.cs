using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Selection;

/// <summary>Endpoints without traffic that may be called back without a trial.</summary>
internal static class IdleReserve
{
    /// <summary>Those of the reserve that may fill a vacancy, best first.</summary>
    public static IEnumerable<EndpointEvaluation> ForVacancies(EvaluationContext context) =>
        BestFirst(context).Where(endpoint => !HungEndpoints.IsResting(context, endpoint));

    /// <summary>The reserve, best first by what is remembered; endpoints whose probes fail come last.</summary>
    public static IEnumerable<EndpointEvaluation> BestFirst(EvaluationContext context) => context.Endpoints
        .Where(endpoint => !endpoint.Record.Admitted && !endpoint.Ejected && endpoint.Observed.Report == ReportFreshness.Fresh)
        .OrderBy(endpoint => context.ProbeFails(endpoint))
        .ThenBy(endpoint => ExpectedLatency.Median(endpoint) ?? TimeSpan.MaxValue)
        .ThenBy(endpoint => endpoint.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
        .ThenBy(endpoint => endpoint.Observed.Name, StringComparer.Ordinal)
        .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal);
}
