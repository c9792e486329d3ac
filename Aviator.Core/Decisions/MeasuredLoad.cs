namespace Aviator.Core.Decisions;

/// <summary>The load on the endpoints in use, as their windows tell it.</summary>
internal sealed class MeasuredLoad
{
    /// <summary>An endpoint answers what it gets while no more waits than this share of its answers.</summary>
    private const double PiledUp = 0.25;

    /// <summary>So few that wait are no pile, however few the answers.</summary>
    private const double FewWaiting = 4;

    private readonly PolicySettings _settings;
    private readonly List<EndpointEvaluation> _reporting;
    private readonly double _answers;
    private double? _busy;
    private long? _middleRif, _middleWaiting;

    /// <summary>Measures the load.</summary>
    /// <param name="settings">The policy.</param>
    /// <param name="endpoints">All ready endpoints, in use or not.</param>
    public MeasuredLoad(PolicySettings settings, IReadOnlyList<EndpointEvaluation> endpoints)
    {
        _settings = settings;
        InUse = Math.Max(1, endpoints.Count(endpoint => endpoint.WasInUse));
        _reporting = [.. endpoints.Where(endpoint => endpoint.WasInUse && endpoint.Observed.Report == ReportFreshness.Fresh)];
        var answers = _reporting.Select(endpoint => endpoint.Observed.Window.Rate).ToArray();
        var middle = answers.Length == 0 ? 0 : SortedNumbers.Of(answers)[answers.Length / 2];
        _answers = answers.Sum();
        Rate = _answers + _reporting.Zip(answers).Sum(one => Math.Clamp(middle - one.Second, 0, WaitingRate(one.First.Observed)));
    }

    /// <summary>Endpoints in use, at least 1.</summary>
    public int InUse { get; }

    /// <summary>
    /// Requests per second that all endpoints in use get, over their windows: what was answered, and what waits where less was answered
    /// than at the middle endpoint. Answers alone would hide what an endpoint is sent beyond its limit.
    /// </summary>
    public double Rate { get; }

    /// <summary>
    /// Of <see cref="Rate"/>, that of which it can be said that it was reached: less two standard errors, for the highest of many
    /// measurements is high by chance.
    /// </summary>
    public double CertainRate => Certain(Rate);

    /// <summary>
    /// Requests per second that an endpoint in use serves, beyond error. Unlike in <see cref="Rate"/>, what waits counts as it does at the
    /// middle endpoint: the pile at a single one is not served.
    /// </summary>
    public double ServedRate => (Certain(_answers) / InUse) + (MiddleWaiting / _settings.Measurement.Window.TotalSeconds);

    /// <summary>Requests in flight at the middle endpoint in use: a single one at which they pile up says nothing of the others.</summary>
    public long MiddleRif => _middleRif ??= FindMiddle(observed => observed.Rif);

    /// <summary>The same half a second or more before.</summary>
    public long MiddleRifBefore => FindMiddle(observed => observed.RifBefore ?? observed.Rif);

    /// <summary>
    /// Share of its time that the middle endpoint would be busy if it worked on one request at a time: of its mean requests in flight r (by
    /// Little's law rate times mean latency) r / (1 + r), as in an M/M/1 queue. One with more workers is less busy than that, never more.
    /// </summary>
    public double Busy => _busy ??= MeasureBusy();

    /// <summary>
    /// Answers since the last evaluation and the time they took, per endpoint in use: too few of them say nothing of a rate.
    /// </summary>
    public (long Answers, double Seconds) CountFresh()
    {
        var fresh = _reporting.Where(endpoint => endpoint.HasNews).Select(endpoint => endpoint.Observed.Fresh).ToList();
        return (fresh.Sum(window => window.Latency.Count), fresh.Sum(window => window.Duration.TotalSeconds));
    }

    /// <summary>
    /// Whether an endpoint does not answer what it gets: more of what came in its window waits than a quarter of the answers in it.
    /// </summary>
    public static bool IsOverrun(EndpointObservation observed) =>
        CountWaiting(observed) > Math.Max(FewWaiting, observed.Window.Latency.Count * PiledUp);

    private double MeasureBusy()
    {
        var flights = SortedNumbers.Of(_reporting.Where(endpoint => !endpoint.ClearlyWorse).Select(endpoint => endpoint.Observed.Window)
            .Select(window => window.Rate * (window.Latency.Mean() ?? TimeSpan.Zero).TotalSeconds));
        var flight = flights.Length == 0 ? 1 : flights[flights.Length / 2];
        return flight / (1 + flight);
    }

    private double Certain(double rate) => Math.Max(0, rate - (2 * Math.Sqrt(rate / _settings.Measurement.Window.TotalSeconds)));

    private long MiddleWaiting => _middleWaiting ??= FindMiddle(observed => observed.Waiting);

    private long FindMiddle(Func<EndpointObservation, long> count)
    {
        var flights = _reporting.Select(endpoint => count(endpoint.Observed)).Order().ToArray();
        return flights.Length == 0 ? 0 : flights[flights.Length / 2];
    }

    private static double WaitingRate(EndpointObservation observed) =>
        observed.Window.Duration <= TimeSpan.Zero ? 0 : CountWaiting(observed) / observed.Window.Duration.TotalSeconds;

    /// <summary>
    /// Requests without an answer at an endpoint that came within its window: all, or where the oldest came before, as many as if they had
    /// come evenly.
    /// </summary>
    private static double CountWaiting(EndpointObservation observed) => observed.OldestInFlight <= observed.Window.Duration
        ? observed.Waiting
        : observed.Waiting * (observed.Window.Duration / observed.OldestInFlight);
}
