using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// The load per endpoint in service, and whether fewer endpoints would carry it: told by the rate of answers against the highest at which
/// latency and failures held (known-good), not by latency alone.
/// </summary>
internal static class LoadCovers
{
    /// <summary>
    /// How far the rest may be loaded by what leaves. A rate above known-good by 15 % is taken to hold, and then watched; no load needs to
    /// be weighed while the rest is busy for at most 60 % of the time, even if each endpoint could work on only one request at once.
    /// </summary>
    private static readonly LoadLimit Usual = new(Rate: 1.15, Busy: 0.6);

    /// <summary>Where what leaves shows that the others have room (<see cref="ShowsRoom"/>): one of three may.</summary>
    private static readonly LoadLimit RoomIsShown = new(Rate: 1.55, Busy: 0.6);

    /// <summary>Where what leaves fails so much that its leaving is worth a little risk: one of four may, one of three may not.</summary>
    private static readonly LoadLimit GainIsCertain = new(Rate: 1.37, Busy: 0.8);

    /// <summary>Share of failures above the middle endpoint's that makes a gain certain.</summary>
    private const double FailsMuch = 0.3;

    /// <summary>Share of the time that endpoints are busy, up to which hardly any request waits for another.</summary>
    private const double HardlyQueue = 0.45;

    /// <summary>Whether <paramref name="endpoints"/> ones can carry the load.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoints">How many would be left.</param>
    /// <param name="leaving">What leaves.</param>
    /// <param name="middle">The middle endpoint of the others; null when there is none.</param>
    public static bool WithOnly(EvaluationContext context, int endpoints, EndpointEvaluation leaving, Evidence? middle)
    {
        // Probes come at their own rate, which says nothing of the load.
        if (context.Settings.Source == LatencySource.Probe) return true;
        if (endpoints <= 0) return false;
        var limit = LimitFor(context, endpoints, leaving, middle);
        if (BusyWith(context, endpoints) <= limit.Busy) return true;
        var capacity = context.State.Capacity;
        if (capacity.Limited) return false;
        if (leaving.TurnedSlow is not null && CarryItAlready(context, endpoints)) return true;
        // Rates of the same traffic differ by chance: where the others show their room, only what is certain of it speaks against them.
        var rate = limit == RoomIsShown ? context.Load.CertainRate : context.Load.Rate;
        return rate / endpoints <= capacity.KnownGoodRate * limit.Rate;
    }

    /// <summary>Whether the load would be no more than what is known to be good with so many endpoints, or too little to weigh.</summary>
    public static bool IsKnownToFit(EvaluationContext context, int endpoints) => endpoints > 0
        && (IsIdle(context, endpoints) || context.Load.CertainRate / endpoints <= context.State.Capacity.KnownGoodRate);

    /// <summary>Whether <paramref name="endpoints"/> ones would have so little to do that no load needs to be weighed.</summary>
    public static bool IsIdle(EvaluationContext context, int endpoints) => BusyWith(context, endpoints) <= Usual.Busy;

    /// <summary>Whether hardly any request would wait for another at so many endpoints.</summary>
    public static bool HardlyQueues(EvaluationContext context, int endpoints) => BusyWith(context, endpoints) <= HardlyQueue;

    /// <summary>The same at those in use.</summary>
    public static bool HardlyQueues(EvaluationContext context) => HardlyQueues(context, context.Load.InUse);

    /// <summary>Share of the time, 0 to 1 and above, that so many endpoints would be busy, if they worked on one request at once.</summary>
    public static double BusyWith(EvaluationContext context, int endpoints) => context.Load.Busy * context.Load.InUse / endpoints;

    /// <summary>
    /// How many times the load of the middle one of so many endpoints a single one can be given: while it would be idle all the same, or
    /// up to what is known to be good. Unlike for what leaves nothing above that is tried: equals at a steady load would be weighed by
    /// their queues, in turns.
    /// </summary>
    /// <returns>1 where nothing more is known to be good; probes say nothing of the load.</returns>
    public static double Concentration(EvaluationContext context, int endpoints)
    {
        if (context.Settings.Source == LatencySource.Probe || context.State.Capacity.IsStrained(context.Now)) return 1;
        var (busy, rate) = (BusyWith(context, endpoints), context.Load.Rate / endpoints);
        var byBusy = busy <= 0 ? double.PositiveInfinity : Usual.Busy / busy;
        var byRate = rate <= 0 ? double.PositiveInfinity : context.State.Capacity.KnownGoodRate / rate;
        return Math.Max(1, Math.Max(byBusy, byRate));
    }

    /// <summary>
    /// Whether the others have taken over nearly all that what has turned slow got, as where requests in flight are balanced, and answer it
    /// as fast as ever (or it would not count as having turned slow): what it still gets is then a load like any that is tried.
    /// </summary>
    private static bool CarryItAlready(EvaluationContext context, int endpoints)
    {
        var serving = context.Endpoints.Where(endpoint => endpoint.WasInUse && endpoint.HasNews).ToList();
        var others = serving.Where(endpoint => endpoint.TurnedSlow is null).ToList();
        var carried = others.Sum(RateOf);
        var rest = serving.Sum(endpoint => endpoint.TurnedSlow?.Rate ?? 0);
        return endpoints >= others.Count && carried + rest <= carried * Usual.Rate;

        static double RateOf(EndpointEvaluation endpoint) =>
            endpoint.Observed.Fresh.Latency.Count / endpoint.Observed.Fresh.Duration.TotalSeconds;
    }

    private static LoadLimit LimitFor(EvaluationContext context, int endpoints, EndpointEvaluation leaving, Evidence? middle)
    {
        if (leaving.AnyEvidence is not { } evidence || middle is null) return Usual;
        if (ShowsRoom(context, endpoints, leaving, evidence, middle)) return RoomIsShown;
        return evidence.FailureShare > middle.FailureShare + FailsMuch ? GainIsCertain : Usual;
    }

    /// <summary>
    /// Whether an endpoint that is to leave shows that the others are not near their limit: by nature it takes at least three times as long
    /// for a request, and yet it answers what it gets. Its faster equals are then busy for a third of the time at most. (Where clients
    /// wait for their answers before they ask again, nothing piles up either; and no rest can be overrun by them.) What has turned slow
    /// shows it by what it got since then, even where that was less than its share: its equals can do three times as much.
    /// </summary>
    private static bool ShowsRoom(
        EvaluationContext context, int endpoints, EndpointEvaluation leaving, Evidence evidence, Evidence middle)
    {
        if (MeasuredLoad.IsOverrun(leaving.Observed)) return false;
        if (context.IsSlowerByNature(evidence, middle)) return true;
        return leaving.TurnedSlow is { } since && since.Rate * SuddenSlowness.Far >= context.Load.Rate / endpoints;
    }

    /// <param name="Rate">Requests per second and endpoint, as a multiple of the rate that is known to be good.</param>
    /// <param name="Busy">Share of the time that endpoints may be busy whatever is known to be good, 0 to 1.</param>
    private readonly record struct LoadLimit(double Rate, double Busy);
}
