using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Decisions.Trials;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Keeps as many endpoints in service as the load needs. Equals beyond the wanted number leave step by step, each step watched; when most
/// of the selection slows down against what it was, endpoints come back. Without it, ranking alone would drive an overload into fewer and
/// fewer endpoints: an endpoint that has just come in has no queue yet and looks best.
/// </summary>
internal sealed class MatchCapacity : IDecisionStage
{
    /// <summary>Slower than usual by this factor is a cost that the narrower selection may not have.</summary>
    private const double Tolerated = 1.5;

    /// <summary>No more endpoints leave when most are slower than usual by this factor.</summary>
    private const double Comfortable = 1.25;

    /// <summary>Added endpoints changed nothing for the others when their median stays within this share.</summary>
    private const double Flat = 0.15;

    /// <summary>Surplus leaves by one in so many at a time: few, since each step is an experiment on live traffic.</summary>
    private const int ShrinkOneIn = 10;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>
    /// A level that has stood for so long, whatever was done, is the new usual one (a slower release, a slower database).
    /// </summary>
    private static readonly TimeSpan NewNormalAfter = TimeSpan.FromMinutes(10);

    public void Run(EvaluationContext context)
    {
        var ranked = context.Ranking.Where(endpoint => endpoint.Ranked).ToList();
        if (!ranked.Exists(endpoint => endpoint.HasNews)) return;
        foreach (var endpoint in ranked) endpoint.NoteUsual();
        context.State = context.State with { Capacity = Match(context, JudgeWidening(context, context.State.Capacity, ranked), ranked) };
    }

    private static CapacityRecord Match(EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        if (MostAreSlower(ranked, Tolerated))
        {
            var since = capacity.DegradedSince ?? context.Now;
            capacity = capacity with { Degraded = capacity.Degraded + 1, DegradedSince = since };
            if (context.Now - since >= NewNormalAfter) return AcceptLevel(capacity, ranked);
            return capacity.Degraded < context.Persistence || capacity.WidenedAt is not null ? capacity : Widen(context, capacity, ranked);
        }

        capacity = capacity with { Degraded = 0, DegradedSince = null };
        var mayShrink = context.State.Trial is null && !MostAreSlower(ranked, Comfortable);
        return mayShrink ? Shrink(context, capacity, ranked) : capacity;
    }

    /// <summary>
    /// What did the last widening show? When those that were there before are exactly as slow as they were, and those that came are not
    /// slow, then the load was not the cause: the floor falls, and the ranking may take the slow ones out. In an overload the old ones
    /// get better or worse, or the new ones get slow too: the floor stays.
    /// </summary>
    private static CapacityRecord JudgeWidening(EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        if (capacity.WidenedAt is not { } widened || context.Now - widened < context.Settle) return capacity;
        capacity = capacity with { WidenedAt = null };
        var before = ranked.Where(endpoint => endpoint.Record.EvidenceFrom < widened).ToList();
        var added = ranked.Where(endpoint => endpoint.Record.EvidenceFrom >= widened).ToList();
        if (before.Count == 0 || added.Count == 0) return capacity;
        var level = MedianOf(before);
        if (level > capacity.LevelThen * (1 + Flat) || level < capacity.LevelThen * (1 - Flat)) return capacity;
        return added.TrueForAll(endpoint => IsSlower(endpoint, Tolerated))
            ? capacity
            : capacity with { Floor = 0, NextShrink = context.Now, Degraded = 0 };
    }

    private static bool MostAreSlower(List<EndpointEvaluation> ranked, double factor) =>
        ranked.Count(endpoint => IsSlower(endpoint, factor)) * 2 > ranked.Count;

    /// <summary>Whether the endpoint is slower than it usually is by the factor, beyond error.</summary>
    private static bool IsSlower(EndpointEvaluation endpoint, double factor) =>
        endpoint.Record.Usual is { } usual && endpoint.Evidence!.Lower(0.5, Comparison.Strict) > usual * factor;

    /// <summary>Takes the present level as usual.</summary>
    private static CapacityRecord AcceptLevel(CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        foreach (var endpoint in ranked) endpoint.Record = endpoint.Record with { Usual = endpoint.Evidence!.P50 };
        return capacity with { Degraded = 0, DegradedSince = null };
    }

    /// <summary>
    /// Takes out some of those that do not differ from the last in rank: first what is hot, then what came last, so that a tie keeps the
    /// present selection. Only ranked ones count as surplus: no good one leaves because newcomers, which may be slow, have come.
    /// </summary>
    private static CapacityRecord Shrink(EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        var surplus = ranked.Count - context.Wanted;
        if (!context.Mode.RemovesSurplus || surplus <= 0) return capacity;
        if (capacity.NextShrink == TimeSpan.Zero) return capacity with { NextShrink = context.Now + context.Settle };
        if (context.Now < capacity.NextShrink || ranked.Exists(endpoint => endpoint.Record.Persisted > 0)) return capacity;

        var (last, hot) = (ranked[^1], EndpointRanking.FindHot(ranked));
        var leaving = Math.Min(surplus, Math.Min(ranked.Count - 1, Math.Max(1, ranked.Count / ShrinkOneIn)));
        var equals = ranked.Where(endpoint => endpoint == last || !context.Strict.ClearlyWorse(last.Evidence!, endpoint.Evidence!))
            .OrderByDescending(endpoint => hot.Contains(endpoint.Key))
            .ThenByDescending(endpoint => endpoint.Record.EvidenceFrom)
            .ThenByDescending(endpoint => endpoint.Rank);
        foreach (var endpoint in equals.Take(leaving).ToList())
        {
            var reason = $"unselected: rank {endpoint.Rank} of {ranked.Count}, {context.Wanted} wanted";
            endpoint.Exclude(context.Now, context.Now + context.Jittered(FirstPause, endpoint.Key), reason);
        }

        return capacity with { NextShrink = context.Now + context.Settle, Floor = 0 };
    }

    /// <summary>
    /// Calls endpoints back: a quarter of those in service; half when they are over 3 times as slow as usual, all above 8 times.
    /// </summary>
    private static CapacityRecord Widen(EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        var (level, inService) = (MedianOf(ranked), context.InService);
        var slowest = level * (1 + context.Strict.Margin);
        var reserve = IdleReserve.BestFirst(context)
            .Where(endpoint => ExpectedLatency.Median(endpoint) is not { } median || median <= slowest).ToList();
        if (reserve.Count == 0) return capacity;
        var severity = ranked.Select(endpoint => endpoint.Evidence!.P50 / endpoint.Record.Usual!.Value).Order().ElementAt(ranked.Count / 2);
        var back = severity > 8 ? reserve.Count : Math.Max(1, inService / (severity > 3 ? 2 : 4));
        foreach (var endpoint in reserve.Take(back))
            endpoint.Admit(context.Now, "selected: the load needs more endpoints than the mode wants");
        var pause = DoublingPause.After(capacity.Widenings, FirstPause, LongestPause);
        return capacity with
        {
            WidenedAt = context.Now,
            LevelThen = level,
            Widenings = capacity.Widenings + 1,
            Floor = inService + 1,
            NextShrink = context.Now + context.Jittered(pause, "shrink"),
        };
    }

    /// <summary>Median latency over the merged windows.</summary>
    private static TimeSpan MedianOf(List<EndpointEvaluation> ranked) =>
        ranked.Aggregate(LatencyHistogram.Empty, (sum, endpoint) => sum.Merge(endpoint.Evidence!.Latency)).Quantile(0.5) ?? TimeSpan.Zero;
}
