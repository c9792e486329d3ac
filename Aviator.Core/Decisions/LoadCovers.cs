using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// The load per endpoint in service, and whether fewer endpoints would carry it: told by the rate of answers against the highest at which
/// latency and failures held (known-good), not by latency alone.
/// </summary>
internal static class LoadCovers
{
    /// <summary>A rate above known-good by this factor is taken to hold too, and then watched.</summary>
    private const double Step = 1.15;

    /// <summary>
    /// The same where even the fastest tenth of its answers is far slower than the others' middle: queues make equals slow in their tails,
    /// and leave some requests that meet none. One of three may leave.
    /// </summary>
    private const double NaturalStep = 1.5;

    /// <summary>Rates of the same traffic differ by chance.</summary>
    private const double Rounding = 0.05;

    /// <summary>Busy for at most this share of the time, even if each endpoint could work on only one request at once.</summary>
    private const double Idle = 0.6;

    /// <summary>Whether <paramref name="endpoints"/> ones can carry the load.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoints">How many would be left.</param>
    /// <param name="natural">What leaves is far slower than the rest by nature, and not by its queue.</param>
    public static bool WithOnly(EvaluationContext context, int endpoints, bool natural)
    {
        // Probes come at their own rate, which says nothing of the load.
        if (context.Settings.Source == LatencySource.Probe) return true;
        if (endpoints <= 0) return false;
        if (IsIdle(context, endpoints)) return true;
        var capacity = context.State.Capacity;
        if (capacity.Limited) return false;
        return natural
            ? CertainRate(context) / endpoints <= capacity.KnownGoodRate * (NaturalStep + Rounding)
            : TotalRate(context) / endpoints <= capacity.KnownGoodRate * Step;
    }

    /// <summary>Whether <paramref name="endpoints"/> ones would have so little to do that no load needs to be weighed.</summary>
    public static bool IsIdle(EvaluationContext context, int endpoints) =>
        Busy(context) * Math.Max(1, context.Endpoints.Count(endpoint => endpoint.WasInUse)) / endpoints <= Idle;

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

    /// <summary>Answers per second of all endpoints in use, over their windows.</summary>
    public static double TotalRate(EvaluationContext context) => InUse(context).Sum(endpoint => RateOf(endpoint.Observed.Window));

    /// <summary>
    /// The rate of which it can be said that it was reached: less two standard errors, for the highest of many measurements is high by
    /// chance.
    /// </summary>
    public static double CertainRate(EvaluationContext context)
    {
        var (rate, window) = (TotalRate(context), context.Settings.Measurement.Window.TotalSeconds);
        return Math.Max(0, rate - (2 * Math.Sqrt(rate / window)));
    }

    /// <summary>Requests in flight at all endpoints in use.</summary>
    public static long TotalRif(EvaluationContext context) => InUse(context).Sum(endpoint => endpoint.Observed.Rif);

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

    private static double RateOf(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero ? 0 : window.Latency.Count / window.Duration.TotalSeconds;
}
