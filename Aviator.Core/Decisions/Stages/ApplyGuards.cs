namespace Aviator.Core.Decisions.Stages;

/// <summary>Whatever was decided, keeps enough endpoints in use. Last, because it checks the result and not each change.</summary>
internal sealed class ApplyGuards : IDecisionStage
{
    /// <summary>Medians above it stand for failures: the histogram ends at 64 s.</summary>
    private static readonly TimeSpan HistogramEnd = TimeSpan.FromSeconds(60);

    /// <summary>A selection that is kept without reports is guarded too; after fail-open there is nothing left to add.</summary>
    public bool RunsOn(ReportValidity reports) => reports != ReportValidity.Lost;

    public void Run(EvaluationContext context)
    {
        var degraded = CheckPanic(context) ?? CheckMinEndpoints(context) ?? CheckFloor(context);
        if (degraded is not null && context.Reports == ReportValidity.Sufficient) context.Degraded = degraded;
        if (context.Endpoints.Any(endpoint => endpoint.Record.HeldInUse && !endpoint.InUse && !endpoint.Hung)) NoteNarrowing(context);
    }

    /// <summary>What was held in use and is no longer has left too: should requests pile up then, that is undone as well.</summary>
    private static void NoteNarrowing(EvaluationContext context) =>
        context.State = context.State with { Capacity = context.State.Capacity with { NarrowedAt = context.Now } };

    /// <summary>Uses every ready endpoint when the breaker has ejected too many; null when it has not.</summary>
    private static ConditionVerdict? CheckPanic(EvaluationContext context)
    {
        var (ready, threshold) = (context.Endpoints.Count, context.Settings.Safety.PanicThreshold);
        var ejected = context.Endpoints.Count(endpoint => endpoint.Ejected && !endpoint.OnTrial);
        if (ejected == 0 || (ready - ejected) * 100L >= (long)threshold * ready) return null;
        foreach (var endpoint in context.Endpoints.Where(endpoint => !endpoint.Record.Admitted))
            endpoint.Force($"{UsedAlthough(endpoint)}: {ejected} of {ready} ready endpoints are ejected");
        return new(
            true,
            DecisionReason.Panic,
            $"{ejected} of {ready} ready endpoints are ejected, so fewer than {threshold} % are left: all ready ones are used.");
    }

    /// <summary>Uses the best of those out of service when too few are in; null when enough are.</summary>
    private static ConditionVerdict? CheckMinEndpoints(EvaluationContext context)
    {
        var missing = context.AtLeast - context.Endpoints.Count(endpoint => endpoint.Record.Admitted && !endpoint.OnTrial);
        if (missing <= 0) return null;
        var best = context.Endpoints.Where(endpoint => !endpoint.Record.Admitted)
            .OrderBy(endpoint => endpoint.Ejected)
            .ThenBy(endpoint => endpoint.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
            .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal);
        var held = best.Take(missing).ToList();
        foreach (var endpoint in held)
            endpoint.Force($"{UsedAlthough(endpoint)}: at least {context.AtLeast} endpoints must be");
        return new(
            true,
            DecisionReason.MinEndpoints,
            $"Fewer than {context.AtLeast} endpoints are good enough: {Describe(held)} to keep that many.");
    }

    /// <summary>
    /// Uses ejected ones too while fewer endpoints than that were found far too few for the load: what answers slowly, or fails in part,
    /// takes some of it. Their leaving went beyond the load that is known to be good, and failed, so they stay for longer than that: until
    /// the load is known to fit without them. Null when enough are in use.
    /// </summary>
    private static ConditionVerdict? CheckFloor(EvaluationContext context)
    {
        var capacity = context.State.Capacity;
        var missing = capacity.Floor - context.Endpoints.Count(endpoint => endpoint.Record.Admitted && !endpoint.OnTrial);
        if (!capacity.EvenEjected || missing <= 0) return null;
        if (context.Now >= capacity.FloorUntil && LoadCovers.IsKnownToFit(context, capacity.Floor - 1)) return null;
        if (context.Endpoints.FirstOrDefault(endpoint => endpoint.OnTrial && endpoint.Ejected) is { } tried)
        {
            context.EndTrial(tried);
            tried.Record = tried.Record with { Admitted = false };
        }

        var held = context.Endpoints.Where(endpoint => endpoint.Ejected && !endpoint.OnTrial && !endpoint.Hung)
            .Where(endpoint => AnswersMost(endpoint) || endpoint.Record.EvidenceFrom >= capacity.NarrowedAt)
            .OrderBy(endpoint => endpoint.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
            .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal)
            .Take(missing).ToList();
        if (held.Count == 0) return null;
        foreach (var endpoint in held) endpoint.Force("used although ejected: the load needs it");
        return new(
            true,
            DecisionReason.Panic,
            $"{capacity.Floor - 1} endpoints were too few for the load: {held.Count} ejected ones are used.");
    }

    /// <summary>Failures rank at the histogram's end, so its median is there when most of its requests failed.</summary>
    private static bool AnswersMost(EndpointEvaluation endpoint) =>
        endpoint.Record.Verdict is not { } verdict || verdict.P50 < HistogramEnd;

    private static string Describe(List<EndpointEvaluation> held) =>
        held.Exists(endpoint => endpoint.Ejected) ? "ejected ones are used" : "slower ones are used";

    private static string UsedAlthough(EndpointEvaluation endpoint) => $"used although {(endpoint.Ejected ? "ejected" : "unselected")}";
}
