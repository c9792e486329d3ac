using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Decisions.Trials;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Keeps as many endpoints in service as the load needs. When the load rises far above what is known to be good, when most fail, or when
/// most slow down against what they were, endpoints come back. Without it, ranking alone would drive an overload into fewer and fewer
/// endpoints: an endpoint that has just come in has no queue yet and looks best.
/// </summary>
internal sealed class MatchCapacity : IDecisionStage
{
    /// <summary>Slower than usual by this factor is a cost that the narrower selection may not have.</summary>
    private const double Tolerated = 1.5;

    /// <summary>Latency holds while most are within this factor of what is usual.</summary>
    private const double Comfortable = 1.25;

    /// <summary>One in so many (one at least) that are slower than usual are outliers; more are not.</summary>
    public const int OutliersOneIn = 4;

    /// <summary>The load has risen when the rate, or requests in flight, are above known-good by this factor.</summary>
    private const double RisenRate = 1.5, RisenRif = 3;

    /// <summary>
    /// The same for requests in flight where answers have become slower soon after endpoints left: then there is a cause at hand.
    /// </summary>
    private const double RisenRifSinceNarrowed = 1.5;

    /// <summary>Requests in flight per endpoint that are never many: a snapshot of few says little.</summary>
    private const double FewInFlight = 4;

    /// <summary>
    /// A machine that pauses for so long finds as many requests in flight everywhere, and no endpoint too few: not a load to act on unless
    /// the answers since the last evaluation are slow as well.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    /// <summary>A share of failures at the middle endpoint above which it is the load's.</summary>
    private const double FailuresOfLoad = 0.01;

    /// <summary>What comes back for the load may be this much slower than what is in service.</summary>
    private const double StillUseful = 3;

    /// <summary>Added endpoints changed nothing for the others when their median stays within this share.</summary>
    private const double Flat = 0.15;

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
        if (FindPileUp(context, capacity, ranked) is { } pileUp)
        {
            // What piles up when endpoints have just left is what their leaving did. It is undone, however slow they are, and needs no
            // judgement afterwards: the latency of before is that of too short a queue to compare with.
            var narrowed = NarrowingIsTheCause(context, capacity);
            var slowest = narrowed ? TimeSpan.MaxValue : MedianOf(ranked) * StillUseful;
            capacity = Widen(context, capacity, ranked, slowest, int.MaxValue, pileUp);
            if (narrowed) capacity = capacity with { WidenedAt = null };
        }
        else if (FindRise(context, capacity) is { } rise)
        {
            capacity = Widen(context, capacity, ranked, MedianOf(ranked) * StillUseful, int.MaxValue, rise);
        }

        if (MostAreSlower(ranked, Tolerated))
        {
            capacity = LimitKnownGood(context, capacity);
            var since = capacity.DegradedSince ?? context.Now;
            capacity = capacity with { Degraded = capacity.Degraded + 1, DegradedSince = since };
            if (context.Now - since >= NewNormalAfter) return AcceptLevel(capacity, ranked);
            if (capacity.Degraded < context.Persistence || capacity.WidenedAt is not null) return capacity;
            var (most, slowest) = CountBack(context, ranked);
            return Widen(context, capacity, ranked, slowest, most, "most are slower than usual");
        }

        capacity = capacity with { Degraded = 0, DegradedSince = null };
        if (ranked.Count(endpoint => IsSlower(endpoint, Comfortable)) > Math.Max(1, ranked.Count / OutliersOneIn)
            || context.Common.Failures > FailuresOfLoad)
            return LimitKnownGood(context, capacity);
        return NoteKnownGood(context, capacity);
    }

    /// <summary>
    /// Whether requests pile up because endpoints left, other than for hanging, within the longest window. Where those that stay have
    /// little to do, that is not why: something else holds them up, and what left is still as slow as it was.
    /// </summary>
    private static bool NarrowingIsTheCause(EvaluationContext context, CapacityRecord capacity) => !LoadCovers.HardlyQueues(context)
        && capacity.NarrowedAt is { } at && context.Now - at <= context.Settings.Measurement.MaxWindow;

    /// <summary>
    /// What more than a few endpoints can do has become less, whatever they could do before: more than now is not known to be good.
    /// </summary>
    private static CapacityRecord LimitKnownGood(EvaluationContext context, CapacityRecord capacity) =>
        capacity with { Limited = true, KnownGoodRate = Math.Min(capacity.KnownGoodRate, context.Load.Rate / context.Load.InUse) };

    /// <summary>
    /// Notes the present load as one at which latency and failures hold. Where endpoints had to be called back, a queue that is being
    /// worked off is no load that holds.
    /// </summary>
    private static CapacityRecord NoteKnownGood(EvaluationContext context, CapacityRecord capacity) => capacity with
    {
        Limited = false,
        KnownGoodRate = Math.Max(capacity.KnownGoodRate, context.Load.ServedRate),
        KnownGoodRif = capacity.IsStrained(context.Now) ? capacity.KnownGoodRif : Math.Max(capacity.KnownGoodRif, context.Load.MiddleRif),
    };

    /// <summary>
    /// Why the load asks for all that can serve, before latency shows it; null when it does not. One report suffices: to have one endpoint
    /// too many costs little.
    /// </summary>
    private static string? FindRise(EvaluationContext context, CapacityRecord capacity)
    {
        if (context.Settings.Source == LatencySource.Probe) return null;
        if (context.Common.Failures > FailuresOfLoad) return $"{context.Common.Failures:P0} of the requests fail on most endpoints";
        if (capacity.KnownGoodRate <= 0) return null;
        var (answers, seconds) = context.Load.CountFresh();
        var rate = seconds <= 0 ? 0 : (answers - (3 * Math.Sqrt(answers))) / seconds;
        return rate > capacity.KnownGoodRate * RisenRate
            ? $"{rate:0} answers/s per endpoint, {capacity.KnownGoodRate:0} are known to be good"
            : null;
    }

    /// <summary>Why requests in flight ask for all that can serve; null when they do not.</summary>
    private static string? FindPileUp(EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        if (context.Settings.Source == LatencySource.Probe || capacity.KnownGoodRate <= 0) return null;
        // What all depend on, or their machine, holds all endpoints up for a moment, and many are in flight at one report. Where there is
        // little to do that is no queue; where there is load it may be one, and to wait for the next report costs more than to be wrong.
        var load = context.Load;
        var rif = LoadCovers.HardlyQueues(context) ? Math.Min(load.MiddleRif, load.MiddleRifBefore) : load.MiddleRif;
        var risen = NarrowingIsTheCause(context, capacity) && NewsIsSlower(ranked) ? RisenRifSinceNarrowed : RisenRif;
        if (rif <= Math.Max(FewInFlight, capacity.KnownGoodRif * risen)) return null;
        return rif > capacity.KnownGoodRate * Pause.TotalSeconds || NewsIsSlower(ranked)
            ? $"{rif} requests in flight per endpoint, {capacity.KnownGoodRif:0} are known to be good"
            : null;
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
            : capacity with { Floor = 0, FloorUntil = context.Now, Degraded = 0 };
    }

    private static bool MostAreSlower(List<EndpointEvaluation> ranked, double factor) =>
        ranked.Count(endpoint => IsSlower(endpoint, factor)) * 2 > ranked.Count;

    /// <summary>Whether the middle of what most endpoints answered since the last evaluation is slower than usual.</summary>
    private static bool NewsIsSlower(List<EndpointEvaluation> ranked) => ranked.Count(endpoint => endpoint.Record.Usual is { } usual
        && endpoint.Observed.Fresh.Latency.Quantile(0.5) > usual * Tolerated) * 2 > ranked.Count;

    /// <summary>Whether the endpoint is slower than it usually is by the factor, beyond error.</summary>
    private static bool IsSlower(EndpointEvaluation endpoint, double factor) => endpoint.Record.Usual is { } usual
        && endpoint.Evidence!.P50 > usual * factor && endpoint.Evidence.Lower(0.5, Comparison.Strict) > usual * factor;

    /// <summary>Takes the present level as usual.</summary>
    private static CapacityRecord AcceptLevel(CapacityRecord capacity, List<EndpointEvaluation> ranked)
    {
        foreach (var endpoint in ranked) endpoint.Record = endpoint.Record with { Usual = endpoint.Evidence!.P50 };
        return capacity with { Degraded = 0, DegradedSince = null };
    }

    /// <summary>
    /// How many come back for latency's sake, and how slow they may be: a quarter of those in service; half when they are over 3 times as
    /// slow as usual; above 8 all, however slow, since even a slow one takes some of the load.
    /// </summary>
    private static (int Most, TimeSpan Slowest) CountBack(EvaluationContext context, List<EndpointEvaluation> ranked)
    {
        var severity = ranked.Select(endpoint => endpoint.Evidence!.P50 / endpoint.Record.Usual!.Value).Order().ElementAt(ranked.Count / 2);
        return severity > 8
            ? (int.MaxValue, TimeSpan.MaxValue)
            : (Math.Max(1, context.InService / (severity > 3 ? 2 : 4)), MedianOf(ranked) * (1 + context.Strict.Margin));
    }

    /// <summary>
    /// Calls endpoints back that are expected to be no slower than <paramref name="slowest"/>; the one on trial is among them.
    /// </summary>
    private static CapacityRecord Widen(
        EvaluationContext context, CapacityRecord capacity, List<EndpointEvaluation> ranked, TimeSpan slowest, int most, string cause)
    {
        var inService = context.InService;
        var reserve = context.Endpoints.Where(endpoint => endpoint.OnTrial && !endpoint.Ejected)
            .Concat(IdleReserve.ForVacancies(context))
            .Where(endpoint => ExpectedLatency.Median(endpoint) is not { } median || median <= slowest).Take(most).ToList();
        if (reserve.Count == 0 && (slowest < TimeSpan.MaxValue || !context.Endpoints.Any(endpoint => endpoint.Ejected))) return capacity;
        foreach (var endpoint in reserve)
        {
            if (endpoint.OnTrial) context.EndTrial(endpoint);
            endpoint.Admit(context.Now, $"selected: the load needs it, {cause}");
        }

        var pause = DoublingPause.After(capacity.Widenings, FirstPause, LongestPause);
        return capacity with
        {
            WidenedAt = context.Now,
            LevelThen = MedianOf(ranked),
            Widenings = capacity.Widenings + 1,
            Floor = inService + 1,
            EvenEjected = slowest == TimeSpan.MaxValue,
            FloorUntil = context.Now + context.Jittered(pause, "shrink"),
        };
    }

    /// <summary>Median latency over the merged windows.</summary>
    private static TimeSpan MedianOf(List<EndpointEvaluation> ranked) =>
        LatencyHistogram.Sum(ranked.Select(endpoint => endpoint.Evidence!.Latency)).Quantile(0.5) ?? TimeSpan.Zero;
}
