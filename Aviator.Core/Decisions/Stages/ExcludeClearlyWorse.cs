using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Takes out what is clearly worse than the mode allows, once that has persisted: dampening per endpoint. Ties never leave here.
/// </summary>
internal sealed class ExcludeClearlyWorse : IDecisionStage
{
    /// <summary>What a false alarm counts for after each evaluation: half after 34, a tenth after 114.</summary>
    private const double Fading = 0.98;

    /// <summary>Samples since the last evaluation that say by themselves that an endpoint has recovered.</summary>
    private const long EnoughNews = 50;

    public void Run(EvaluationContext context)
    {
        context.MarkClearlyWorse(context.Mode.FindClearlyWorse(context));
        context.MarkClearlyWorse(HungEndpoints.FindOutliers(context));
        var sudden = SuddenSlowness.FindOutliers(context)
            .Where(endpoint => !endpoint.ClearlyWorse && !context.Mode.ShedsItsQueue(context, endpoint)).ToList();
        context.MarkClearlyWorse(sudden);
        foreach (var endpoint in context.Ranking.Where(endpoint => endpoint.ClearlyWorse))
            endpoint.WorseByNature = context.IsWorseByNature(endpoint, context.Middle!);
        CountPersistence(context);
        var patience = new Patience(context);
        var leaving = context.Ranking.Reverse()
            .Where(endpoint => endpoint.ClearlyWorse && endpoint.HasNews && endpoint.Record.Persisted >= patience.With(endpoint))
            .ToList();
        var (left, room, narrowed) = (context.InService, CountRoom(context), context.State.Capacity.NarrowedAt);
        foreach (var endpoint in leaving)
        {
            if (room == 0)
            {
                endpoint.Reason = left > context.Wanted
                    ? $"selected: {LatencyText.Describe(endpoint.Evidence!)}, leaves after others: "
                        + $"at most one in {BoundStep.OneIn} at a time"
                    : "";
                continue;
            }

            if (!LoadAllows(context, endpoint, left - 1))
            {
                endpoint.Reason = $"selected: worse than the rest ({LatencyText.Describe(endpoint.Evidence!)}), but the load needs it";
                continue;
            }

            (left, room) = (left - 1, room - 1);
            if (!endpoint.Evidence!.ServesNobody) narrowed = context.Now;
            var news = context.NewsOf(endpoint);
            var reason = endpoint.TurnedSlow is { } shown && sudden.Contains(endpoint)
                ? $"unselected: turned slow, {shown.Slow} of {shown.All} requests since then take over {LatencyText.Format(shown.Limit)}"
                : context.Mode.ExplainExclusion(context, endpoint);
            endpoint.Exclude(context.Now, context.Now + context.Jittered(context.Settings.EvaluationInterval, endpoint.Key), reason);
            endpoint.RememberSlowness(news);
        }

        context.State = context.State with { Capacity = context.State.Capacity with { NarrowedAt = narrowed } };
    }

    /// <summary>
    /// Counts the evaluations in a row, with new evidence, in which an endpoint was clearly worse; and those that ended by themselves.
    /// Where requests queue, equals are clearly worse in turns, by more than any bound for independent samples allows, for as long as a
    /// queue lasts; no single endpoint's numbers show that, but the turns do.
    /// </summary>
    private static void CountPersistence(EvaluationContext context)
    {
        var (alarms, hasNews) = (0, false);
        foreach (var endpoint in context.Endpoints.Where(endpoint => endpoint.HasNews && endpoint.Record.Admitted))
        {
            hasNews = true;
            var persisted = endpoint.ClearlyWorse && !HasRecovered(context, endpoint) ? endpoint.Record.Persisted + 1 : 0;
            // That it has turned slow takes a few samples to be certain of, and has held since the first of them.
            if (endpoint.TurnedSlow is not null) persisted = Math.Max(persisted, endpoint.Record.Slowness.Evaluations);
            if (persisted == endpoint.Record.Persisted) continue;
            if (persisted == 0) alarms++;
            endpoint.Record = endpoint.Record with { Persisted = persisted };
        }

        if (hasNews) context.State = context.State with { FalseAlarms = (context.State.FalseAlarms * Fading) + alarms };
    }

    /// <summary>
    /// Whether what came since the last evaluation is as good as what the worst does of those that stay: a window holds a cold start or a
    /// pause for a while after it is over, and an endpoint that is warm by now must not leave for it.
    /// </summary>
    private static bool HasRecovered(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Hung || context.Ranking.LastOrDefault(other => !other.ClearlyWorse)?.Evidence is not { } worst) return false;
        var news = context.NewsOf(endpoint);
        if (news.Count < EnoughNews) return false;
        var (factor, tail) = (1 + context.Strict.Margin, Math.Min(Comparison.Quantile, 1 - (2.0 / news.Count)));
        return news.P50 <= worst.P50 * factor && news.Estimate(tail) <= worst.Estimate(tail) * factor;
    }

    /// <summary>How many may leave now, whatever they are like.</summary>
    private static int CountRoom(EvaluationContext context) =>
        Math.Max(0, Math.Min(context.InService - context.Wanted, BoundStep.AtOnce(context.InService)));

    /// <summary>
    /// Whether so many endpoints would do without this one. While most are slower than usual only few far outliers may leave, and only
    /// where there is hardly any load: after all it may be the load, in which an endpoint that has just come in has no queue yet and looks
    /// best.
    /// </summary>
    private static bool LoadAllows(EvaluationContext context, EndpointEvaluation endpoint, int endpoints)
    {
        if (endpoint.Evidence!.ServesNobody) return true;
        var capacity = context.State.Capacity;
        if (!HasSettled(context) && !LoadCovers.IsIdle(context, endpoints)) return false;
        if (capacity.Degraded > 0 && !(endpoint.WorseByNature && AreFew(context))) return false;
        if (capacity.Degraded == 0 && context.Now < capacity.FloorUntil && endpoints < capacity.Floor) return false;
        return LoadCovers.WithOnly(context, endpoints, endpoint, context.Middle);
    }

    /// <summary>Whether what the rest does since others left is known by now.</summary>
    private static bool HasSettled(EvaluationContext context) =>
        context.State.Capacity.NarrowedAt is not { } at || context.Now - at >= context.Settle;

    private static bool AreFew(EvaluationContext context) =>
        context.Ranking.Count(other => other.WorseByNature) * MatchCapacity.OutliersOneIn <= context.Ranking.Count;
}
