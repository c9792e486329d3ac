using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Takes out what is clearly worse than the mode allows, once that has persisted: dampening per endpoint. Ties never leave here.
/// </summary>
internal sealed class ExcludeClearlyWorse : IDecisionStage
{
    /// <summary>
    /// At most one in so many endpoints leaves in one evaluation (one at least), so that the others are not flooded at once.
    /// </summary>
    private const int OneIn = 4;

    /// <summary>Slower than the rest by this factor: what it serves is worth little.</summary>
    private const double Extreme = 3;

    /// <summary>What a false alarm counts for after each evaluation: half after 34, a tenth after 114.</summary>
    private const double Fading = 0.98;

    public void Run(EvaluationContext context)
    {
        foreach (var endpoint in context.Mode.FindClearlyWorse(context)) endpoint.ClearlyWorse = true;
        foreach (var endpoint in HungEndpoints.FindOutliers(context)) endpoint.ClearlyWorse = true;
        CountPersistence(context);
        var leaving = context.Ranking.Reverse()
            .Where(endpoint => endpoint.ClearlyWorse && endpoint.HasNews && HasPersisted(context, endpoint))
            .ToList();
        var (left, room) = (context.InService, CountRoom(context));
        foreach (var endpoint in leaving)
        {
            if (room == 0)
            {
                endpoint.Reason = left > context.Wanted
                    ? $"selected: {LatencyText.Describe(endpoint.Evidence!)}, leaves after others: at most one in {OneIn} at a time"
                    : "";
                continue;
            }

            if (!LoadAllows(context, endpoint, left - 1))
            {
                endpoint.Reason = $"selected: {LatencyText.Describe(endpoint.Evidence!)} is slower than the rest, but the load needs it";
                continue;
            }

            (left, room) = (left - 1, room - 1);

            var reason = context.Mode.ExplainExclusion(context, endpoint);
            endpoint.Exclude(context.Now, context.Now + context.Jittered(context.Settings.EvaluationInterval, endpoint.Key), reason);
        }
    }

    /// <summary>
    /// Counts the evaluations in a row, with new evidence, in which an endpoint was clearly worse; and those that ended by themselves.
    /// Where requests queue, equals are clearly worse in turns, by more than any bound for independent samples allows, for as long as a queue
    /// lasts; no single endpoint's numbers show that, but the turns do.
    /// </summary>
    private static void CountPersistence(EvaluationContext context)
    {
        var (alarms, hasNews) = (0, false);
        foreach (var endpoint in context.Endpoints.Where(endpoint => endpoint.HasNews && endpoint.Record.Admitted))
        {
            hasNews = true;
            var persisted = endpoint.ClearlyWorse ? endpoint.Record.Persisted + 1 : 0;
            if (persisted == endpoint.Record.Persisted) continue;
            if (persisted == 0) alarms++;
            endpoint.Record = endpoint.Record with { Persisted = persisted };
        }

        if (hasNews) context.State = context.State with { FalseAlarms = (context.State.FalseAlarms * Fading) + alarms };
    }

    /// <summary>Whether it has been clearly worse for long enough; what hangs is told apart by other means.</summary>
    private static bool HasPersisted(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.Record.Persisted >= (endpoint.Hung ? context.Persistence : context.NeededPersistence);

    /// <summary>How many may leave now, whatever they are like.</summary>
    private static int CountRoom(EvaluationContext context) =>
        Math.Max(0, Math.Min(context.InService - context.Wanted, Math.Max(1, context.InService / OneIn)));

    /// <summary>
    /// Whether so many endpoints would do without this one. While most are slower than usual only few far outliers may leave: after all it
    /// may be the load, in which an endpoint that has just come in has no queue yet and looks best.
    /// </summary>
    private static bool LoadAllows(EvaluationContext context, EndpointEvaluation endpoint, int endpoints)
    {
        if (endpoint.Hung) return true;
        var capacity = context.State.Capacity;
        if (capacity.Degraded > 0) return IsExtremeAndFew(context, endpoint) && LoadCovers.IsSmallStep(context, endpoints);
        if (context.Now < capacity.FloorUntil && endpoints < capacity.Floor) return false;
        var boundary = context.Boundary;
        var far = boundary is not null && IsFarAbove(endpoint.Evidence!, boundary);
        return LoadCovers.WithOnly(context, endpoints, far, far && IsSlowByNature(endpoint.Evidence!, boundary!));
    }

    private static bool IsExtremeAndFew(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var middle = context.Ranking[(context.Ranking.Count - 1) / 2].Evidence!;
        return IsFarAbove(endpoint.Evidence!, middle)
            && context.Ranking.Count(other => IsFarAbove(other.Evidence!, middle)) * OneIn <= context.Ranking.Count;
    }

    /// <summary>Whether even its fastest tenth is far slower than the other's middle.</summary>
    private static bool IsSlowByNature(Evidence one, Evidence other) => one.Latency.Quantile(0.1) is { } fastest && fastest > other.P50 * Extreme;

    private static bool IsFarAbove(Evidence one, Evidence other) => one.P50 > other.P50 * Extreme || one.P99 > other.P99 * Extreme;
}
