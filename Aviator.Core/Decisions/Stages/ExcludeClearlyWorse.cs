using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Takes out what is clearly worse than the mode allows, once that has persisted: dampening per endpoint. Ties never leave here.
/// </summary>
internal sealed class ExcludeClearlyWorse : IDecisionStage
{
    /// <summary>
    /// At most one in so many endpoints leaves in one evaluation (two at least), so that the others are not flooded at once.
    /// </summary>
    private const int OneIn = 4;

    public void Run(EvaluationContext context)
    {
        foreach (var endpoint in context.Mode.FindClearlyWorse(context)) endpoint.ClearlyWorse = true;
        foreach (var endpoint in HungEndpoints.FindOutliers(context)) endpoint.ClearlyWorse = true;
        CountPersistence(context);
        var leaving = context.Ranking.Reverse()
            .Where(endpoint => endpoint.ClearlyWorse && endpoint.HasNews && endpoint.Record.Persisted >= context.Persistence)
            .ToList();
        foreach (var endpoint in leaving.Take(CountRoom(context)))
        {
            var reason = context.Mode.ExplainExclusion(context, endpoint);
            endpoint.Exclude(context.Now, context.Now + context.Jittered(context.Settings.EvaluationInterval, endpoint.Key), reason);
        }
    }

    /// <summary>Counts the evaluations in a row, with new evidence, in which an endpoint was clearly worse.</summary>
    private static void CountPersistence(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints.Where(endpoint => endpoint.HasNews && endpoint.Record.Admitted))
        {
            var persisted = endpoint.ClearlyWorse ? endpoint.Record.Persisted + 1 : 0;
            if (persisted != endpoint.Record.Persisted) endpoint.Record = endpoint.Record with { Persisted = persisted };
        }
    }

    /// <summary>
    /// How many may leave now: none in an overload, and never so many that fewer than wanted, or than the load needs, are left.
    /// </summary>
    private static int CountRoom(EvaluationContext context)
    {
        var capacity = context.State.Capacity;
        if (capacity.Degraded > 0) return 0;
        var floor = Math.Max(context.Wanted, context.Now < capacity.NextShrink ? capacity.Floor : 0);
        return Math.Max(0, Math.Min(context.InService - floor, Math.Max(2, context.Ranking.Count / OneIn)));
    }
}
