namespace Aviator.Core.Decisions;

/// <summary>The load on the endpoints in use, as their windows tell it.</summary>
internal sealed class MeasuredLoad
{
    private readonly PolicySettings _settings;
    private readonly List<EndpointEvaluation> _reporting;
    private double? _busy;

    /// <summary>Measures the load.</summary>
    /// <param name="settings">The policy.</param>
    /// <param name="endpoints">All ready endpoints, in use or not.</param>
    public MeasuredLoad(PolicySettings settings, IReadOnlyList<EndpointEvaluation> endpoints)
    {
        _settings = settings;
        InUse = Math.Max(1, endpoints.Count(endpoint => endpoint.WasInUse));
        _reporting = [.. endpoints.Where(endpoint => endpoint.WasInUse && endpoint.Observed.Report == ReportFreshness.Fresh)];
        Rate = _reporting.Sum(endpoint => RateOf(endpoint.Observed.Window));
        Rif = _reporting.Sum(endpoint => endpoint.Observed.Rif);
    }

    /// <summary>Endpoints in use, at least 1.</summary>
    public int InUse { get; }

    /// <summary>Answers per second of all endpoints in use, over their windows.</summary>
    public double Rate { get; }

    /// <summary>
    /// The rate of which it can be said that it was reached: less two standard errors, for the highest of many measurements is high by
    /// chance.
    /// </summary>
    public double CertainRate => Math.Max(0, Rate - (2 * Math.Sqrt(Rate / _settings.Measurement.Window.TotalSeconds)));

    /// <summary>Requests in flight at all endpoints in use.</summary>
    public long Rif { get; }

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

    private double MeasureBusy()
    {
        var flights = _reporting.Where(endpoint => !endpoint.ClearlyWorse).Select(endpoint => endpoint.Observed.Window)
            .Select(window => RateOf(window) * (window.Latency.Mean() ?? TimeSpan.Zero).TotalSeconds).Order().ToArray();
        var flight = flights.Length == 0 ? 1 : flights[flights.Length / 2];
        return flight / (1 + flight);
    }

    private static double RateOf(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero ? 0 : window.Latency.Count / window.Duration.TotalSeconds;
}
