using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Finds the endpoints without traffic that would be worth a trial: there must be something to gain, and probes or the last verdict must
/// say so. In an overload there is none: an idle endpoint looks fast only because it is idle.
/// </summary>
internal sealed class FindTrialCandidates : IDecisionStage
{
    /// <summary>A remembered verdict older than this still speaks against a trial, but no longer for one.</summary>
    private static readonly TimeSpan Memorable = TimeSpan.FromMinutes(10);

    /// <summary>A verdict older than this may be tried again where nothing else can say more.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    public void Run(EvaluationContext context)
    {
        if (context.State.Capacity.Degraded > 0) return;
        var baseline = TrialBaseline.FromRanking(context);
        context.TrialCandidates = [.. context.Endpoints.Where(endpoint => IsPromising(context, baseline, endpoint))];
    }

    private static bool IsPromising(EvaluationContext context, TrialBaseline baseline, EndpointEvaluation endpoint)
    {
        if (endpoint.Record.Admitted || endpoint.Ejected) return false;
        if (endpoint.Observed.Report != ReportFreshness.Fresh || context.ProbeFails(endpoint)) return false;
        if (!context.ProbesWork && MayBeTriedBlindly(context, endpoint)) return true;
        if (Expect(context, baseline, endpoint) is { } expected
            && (context.Now >= endpoint.Record.Exploration.NotBefore || WasBeatenByWhatIsSlowNow(context, baseline, endpoint))
            && context.Mode.IsGain(context, baseline, expected)) return true;

        // Probes that have changed since the last verdict are news, which need not wait for the pause after a failed trial.
        return ExpectedLatency.FromImprovedProbes(endpoint, context.Mode.CountProbesNeeded(baseline)) is { } improved
            && context.Mode.IsGain(context, baseline, improved);
    }

    /// <summary>
    /// What to expect by the traffic that it still gets (kept-alive connections), else by its last verdict, unless probes disprove that: a
    /// bad verdict of an endpoint that now answers probes in less than half the time, or a good one of an endpoint whose probes have
    /// become slow. A window also holds what was answered before it left, for as long as the longest window: that is no news.
    /// </summary>
    private static ExpectedLatency? Expect(EvaluationContext context, TrialBaseline baseline, EndpointEvaluation endpoint)
    {
        if (endpoint.Observed.Fresh.Latency.Count > 0 && endpoint.Evidence is { } evidence) return ExpectedLatency.By(evidence);
        var probed = ExpectedLatency.FromProbes(endpoint, context.Mode.CountProbesNeeded(baseline));
        if (endpoint.Record.Verdict is not { } verdict) return probed;
        var remembered = new ExpectedLatency(verdict.P50, verdict.P99);
        if (probed is not { } now) return context.Now - verdict.At <= Memorable ? remembered : null;
        if (now.P50 > verdict.P50 * ExpectedLatency.FarFaster) return now;
        var isNews = now.P50 * ExpectedLatency.FarFaster < verdict.P50 || context.Now - verdict.At > Memorable;
        return context.Mode.IsBad(context, baseline, remembered) && isNews ? now : remembered;
    }

    /// <summary>
    /// Whether its one failed trial was lost against what has turned far slower since than it was in that trial. A second failure in a row
    /// says that something else is wrong with it: then the pause holds.
    /// </summary>
    private static bool WasBeatenByWhatIsSlowNow(EvaluationContext context, TrialBaseline baseline, EndpointEvaluation endpoint) =>
        baseline.HasOutlier
        && endpoint.Record is { Exploration.Failures: 1, Verdict: { } verdict }
        && baseline.WorstIsSlower(context, new(verdict.P50, verdict.P99), ExpectedLatency.FarFaster);

    /// <summary>
    /// Where probes say nothing, only traffic can tell whether an endpoint has recovered: a trial once its verdict is a little old, paid
    /// for by the same budget, with pauses that double as after any failed one.
    /// </summary>
    private static bool MayBeTriedBlindly(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.Record.Verdict is { } verdict
        && context.Now - verdict.At >= Stale
        && context.Now >= endpoint.Record.Exploration.NotBefore;
}
