using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// The load per endpoint in service, and whether fewer endpoints would carry it: told by the rate of answers against the highest at which
/// latency and failures held (known-good), not by latency alone.
/// </summary>
internal static class LoadCovers
{
    /// <summary>
    /// How far the rest may be loaded by what leaves. A rate above known-good by 15 % is taken to hold, and then watched; no load needs to be
    /// weighed while the rest is busy for at most 60 % of the time, even if each endpoint could work on only one request at once.
    /// </summary>
    private static readonly LoadLimit Usual = new(Rate: 1.15, Busy: 0.6);

    /// <summary>Where what leaves shows that the others have room (<see cref="ShowsRoom"/>): one of three may.</summary>
    private static readonly LoadLimit RoomIsShown = new(Rate: 1.55, Busy: 0.6);

    /// <summary>Where what leaves fails so much that its leaving is worth a little risk: one of four may.</summary>
    private static readonly LoadLimit GainIsCertain = new(Rate: 1.4, Busy: 0.8);

    /// <summary>Share of failures above the middle endpoint's that makes a gain certain.</summary>
    private const double FailsMuch = 0.3;

    /// <summary>
    /// It answers what it gets while no more of what came in its window waits than this share of the answers in it.
    /// </summary>
    private const double PiledUp = 0.25;

    /// <summary>Share of the time that endpoints are busy, up to which equals queue for moments only.</summary>
    private const double HalfBusy = 0.5;

    /// <summary>So few in flight are no pile, however few the answers.</summary>
    private const double FewInFlight = 4;

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
        var limit = LimitFor(context, leaving, middle);
        if (BusyWith(context, endpoints) <= limit.Busy) return true;
        var capacity = context.State.Capacity;
        if (capacity.Limited) return false;
        // Rates of the same traffic differ by chance: where much is allowed, it must be certain that it is not more.
        var rate = limit == Usual ? TotalRate(context) : CertainRate(context);
        return rate / endpoints <= capacity.KnownGoodRate * limit.Rate;
    }

    /// <summary>Whether <paramref name="endpoints"/> ones would have so little to do that no load needs to be weighed.</summary>
    public static bool IsIdle(EvaluationContext context, int endpoints) => BusyWith(context, endpoints) <= Usual.Busy;

    /// <summary>Share of the time, 0 to 1 and above, that so many endpoints would be busy, if they worked on one request at once.</summary>
    public static double BusyWith(EvaluationContext context, int endpoints) =>
        Busy(context) * Math.Max(1, context.Endpoints.Count(endpoint => endpoint.WasInUse)) / endpoints;

    /// <summary>
    /// Whether no queue explains that one endpoint is slower than another. While there is much to do, only what its fastest tenth shows is
    /// certain of that.
    /// </summary>
    public static bool IsSlowerByNature(EvaluationContext context, Evidence one, Evidence other) =>
        one.IsSlowerWithoutQueue(other) || (one.IsFarSlower(other) && Busy(context) <= HalfBusy);

    private static LoadLimit LimitFor(EvaluationContext context, EndpointEvaluation leaving, Evidence? middle)
    {
        if (leaving.AnyEvidence is not { } evidence || middle is null) return Usual;
        if (ShowsRoom(context, leaving, evidence, middle)) return RoomIsShown;
        return evidence.FailureShare > middle.FailureShare + FailsMuch ? GainIsCertain : Usual;
    }

    /// <summary>
    /// Whether an endpoint that is to leave shows that the others are not near their limit: by nature it takes at least three times as long
    /// for a request, and yet it answers what it gets. Its faster equals are then busy for a third of the time at most. (Where clients
    /// wait for their answers before they ask again, nothing piles up either; and no rest can be overrun by them.)
    /// </summary>
    private static bool ShowsRoom(EvaluationContext context, EndpointEvaluation leaving, Evidence evidence, Evidence middle) =>
        IsSlowerByNature(context, evidence, middle)
        && CountWaiting(leaving.Observed) <= Math.Max(FewInFlight, leaving.Observed.Window.Latency.Count * PiledUp);

    /// <summary>
    /// Share of its time that the middle endpoint would be busy if it worked on one request at a time: of its mean requests in flight r (by
    /// Little's law rate times mean latency) r / (1 + r), as in an M/M/1 queue. One with more workers is less busy than that, never more.
    /// </summary>
    private static double Busy(EvaluationContext context)
    {
        var flights = InUse(context).Where(endpoint => !endpoint.ClearlyWorse)
            .Select(endpoint => RateOf(endpoint.Observed.Window)
                * (OutcomeBuilder.Mean(endpoint.Observed.Window.Latency) ?? TimeSpan.Zero).TotalSeconds).Order().ToArray();
        var flight = flights.Length == 0 ? 1 : flights[flights.Length / 2];
        return flight / (1 + flight);
    }

    /// <summary>
    /// Requests per second that all endpoints in use get, over their windows: what was answered, and what waits now. Answers alone would
    /// hide what an endpoint is sent beyond its limit.
    /// </summary>
    public static double TotalRate(EvaluationContext context) => InUse(context).Sum(endpoint =>
        RateOf(endpoint.Observed.Window) + WaitingRate(endpoint.Observed));

    /// <summary>
    /// Of <see cref="TotalRate"/>, that of which it can be said that it was reached: less two standard errors, for the highest of many
    /// measurements is high by chance.
    /// </summary>
    public static double CertainRate(EvaluationContext context) => Certain(context, TotalRate(context));

    /// <summary>
    /// Requests per second that an endpoint in use serves, beyond error. Unlike in <see cref="TotalRate"/>, what waits counts as it does at
    /// the middle endpoint: the pile at a single one is not served.
    /// </summary>
    public static double ServedRate(EvaluationContext context)
    {
        var inUse = Math.Max(1, context.Endpoints.Count(endpoint => endpoint.WasInUse));
        var answers = Certain(context, InUse(context).Sum(endpoint => RateOf(endpoint.Observed.Window)));
        return (answers / inUse) + (MiddleRif(context) / context.Settings.Measurement.Window.TotalSeconds);
    }

    /// <summary>Requests in flight at the middle endpoint in use: a single one at which they pile up says nothing of the others.</summary>
    public static long MiddleRif(EvaluationContext context)
    {
        var flights = InUse(context).Select(endpoint => endpoint.Observed.Rif).Order().ToArray();
        return flights.Length == 0 ? 0 : flights[flights.Length / 2];
    }

    /// <summary>
    /// Answers since the last evaluation and the time they took, per endpoint in use: too few of them say nothing of a rate.
    /// </summary>
    public static (long Answers, double Seconds) Fresh(EvaluationContext context)
    {
        var fresh = InUse(context).Where(endpoint => endpoint.HasNews).Select(endpoint => endpoint.Observed.Fresh).ToList();
        return (fresh.Sum(window => window.Latency.Count), fresh.Sum(window => window.Duration.TotalSeconds));
    }

    private static IEnumerable<EndpointEvaluation> InUse(EvaluationContext context) =>
        context.Endpoints.Where(endpoint => endpoint.WasInUse && endpoint.Observed.Report == ReportFreshness.Fresh);

    private static double Certain(EvaluationContext context, double rate) =>
        Math.Max(0, rate - (2 * Math.Sqrt(rate / context.Settings.Measurement.Window.TotalSeconds)));

    private static double RateOf(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero ? 0 : window.Latency.Count / window.Duration.TotalSeconds;

    private static double WaitingRate(EndpointObservation observed) =>
        observed.Window.Duration <= TimeSpan.Zero ? 0 : CountWaiting(observed) / observed.Window.Duration.TotalSeconds;

    /// <summary>
    /// Requests in flight that came within the window: all, or where the oldest came before, as many as if they had come evenly.
    /// </summary>
    private static double CountWaiting(EndpointObservation observed) => observed.OldestInFlight <= observed.Window.Duration
        ? observed.Rif
        : observed.Rif * (observed.Window.Duration / observed.OldestInFlight);

    /// <param name="Rate">Requests per second and endpoint, as a multiple of the rate that is known to be good.</param>
    /// <param name="Busy">Share of the time that endpoints may be busy whatever is known to be good, 0 to 1.</param>
    private readonly record struct LoadLimit(double Rate, double Busy);
}
