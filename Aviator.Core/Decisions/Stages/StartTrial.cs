using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Starts a trial with real traffic for one endpoint that has none, when there is a candidate, no pause, and no debt from failed trials.
/// One at a time.
/// </summary>
internal sealed class StartTrial : IDecisionStage
{
    public void Run(EvaluationContext context)
    {
        var state = context.State;
        if (state.Trial is not null || context.Now < state.NextTrial || !context.Endpoints.Any(endpoint => endpoint.HasNews)) return;
        if (state.TrialDebt > 0 && !context.Ranking.Any(endpoint => endpoint.ClearlyWorse)) return;
        var candidate = HalfOpen(context).Concat(context.TrialCandidates.Where(endpoint => !endpoint.Record.Admitted))
            .OrderBy(endpoint => ProbeRuns.Newest(endpoint.Observed.Probe)?.Median ?? endpoint.Record.Verdict?.P50 ?? TimeSpan.MaxValue)
            .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal)
            .FirstOrDefault();
        if (candidate is null) return;
        candidate.Admit(context.Now, candidate.Ejected
            ? "trial: ejected, and its probes are good again"
            : "trial: promises to be as good as those in service");
        candidate.OnTrial = true;
        context.State = state with
        {
            Trial = new TrialRecord(candidate.Key, context.Now, context.Now + context.Settings.Measurement.MaxWindow),
        };
    }

    private static IEnumerable<EndpointEvaluation> HalfOpen(EvaluationContext context) => context.Endpoints.Where(endpoint =>
        CircuitBreaker.MayBeTried(context, endpoint)
        && !endpoint.Record.HeldInUse
        && endpoint.Observed.Report == ReportFreshness.Fresh
        && context.Now >= endpoint.Record.Exploration.NotBefore);
}
