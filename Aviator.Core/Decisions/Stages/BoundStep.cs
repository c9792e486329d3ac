namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// At most a quarter of what is in use leaves in one write (one endpoint at least), for whatever reasons: ejections, ranks, the end of
/// panic or of fail-open. The best of the others are held in use until the next report. What hangs serves nothing, so it does not count;
/// nor does the one endpoint whose trial has ended.
/// </summary>
internal sealed class BoundStep : IDecisionStage
{
    /// <summary>One in so many may leave.</summary>
    public const int OneIn = 4;

    /// <summary>A selection that is kept without reports is bounded too; after fail-open there is nothing left to hold.</summary>
    public bool RunsOn(ReportValidity reports) => reports != ReportValidity.Lost;

    /// <summary>How many of so many endpoints may leave at once; at least one.</summary>
    public static int AtOnce(int endpoints) => Math.Max(1, endpoints / OneIn);

    public void Run(EvaluationContext context)
    {
        var leaving = context.Endpoints
            .Where(endpoint => endpoint.WasInUse && !endpoint.InUse && !endpoint.Hung && endpoint.Key != context.TriedAtStart)
            .OrderByDescending(endpoint => endpoint.Ejected)
            .ThenByDescending(endpoint => endpoint.Record.Verdict?.P99 ?? TimeSpan.Zero)
            .ThenBy(endpoint => endpoint.Key, StringComparer.Ordinal)
            .ToList();
        var inUse = context.Endpoints.Count(endpoint => endpoint.WasInUse);
        var room = context.Endpoints.Any(endpoint => endpoint.HasNews) ? AtOnce(inUse) : 0;
        foreach (var endpoint in leaving.Skip(room))
            endpoint.Force($"used for now: at most {room} of {inUse} endpoints leave at once");
    }
}
