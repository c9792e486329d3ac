namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Checks whether enough nodes report to decide at all. When most endpoints' nodes are silent, the selection is kept for a while; after
/// that every ready endpoint is used.
/// </summary>
internal sealed class CheckReports : IDecisionStage
{
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(5);

    public void Run(EvaluationContext context)
    {
        var ready = context.Endpoints.Count;
        var silent = context.Endpoints.Count(endpoint => endpoint.Observed.Report != ReportFreshness.Fresh);
        if (silent * 2 <= ready)
        {
            context.State = context.State with { BlindSince = null };
            return;
        }

        var since = context.State.BlindSince ?? context.Now;
        context.State = context.State with { BlindSince = since };
        if (context.Now - since >= Grace(context.Settings)) UseAll(context, silent);
        else KeepSelection(context, silent);
    }

    /// <summary>
    /// How long most reports may be missing, after they count as stale, before the selection is given up. Pods that die leave by
    /// membership at once, so little is risked meanwhile; failing open at each pause of an agent would send traffic to slow pods.
    /// </summary>
    private static TimeSpan Grace(PolicySettings settings)
    {
        var intervals = settings.EvaluationInterval * 3;
        return intervals > ShortestGrace ? intervals : ShortestGrace;
    }

    private static void UseAll(EvaluationContext context, int silent)
    {
        var missing = Missing(context, silent);
        context.Reports = ReportValidity.Lost;
        context.Degraded = new(
            true, DecisionReason.NoFreshReports, $"No {missing}: all ready ones are used until the agents report again.");
        foreach (var endpoint in context.Endpoints) endpoint.Force($"used: no {missing}");
    }

    private static void KeepSelection(EvaluationContext context, int silent)
    {
        context.Reports = ReportValidity.Interrupted;
        context.Degraded = new(true, DecisionReason.WaitingForReports, $"No {Missing(context, silent)}: the present selection is kept.");
        foreach (var endpoint in context.Endpoints)
            endpoint.Reason = $"{(endpoint.Record.Admitted ? "kept" : "unselected")}: waiting for the agents' reports";
    }

    private static string Missing(EvaluationContext context, int silent) =>
        $"fresh report for {silent} of {context.Endpoints.Count} ready endpoints";
}
