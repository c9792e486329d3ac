using System.Diagnostics.Metrics;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>Owns every instrument of the meter <c>Aviator.Watchdog</c>.</summary>
internal sealed class WatchdogMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _releases;

    public WatchdogMetrics(IMeterFactory factory)
    {
        _meter = factory.Create("Aviator.Watchdog");
        _releases = _meter.CreateCounter<long>(
            "aviator.watchdog.releases", "{service}", "Services handed back because no controller renewed its Lease: begun and done.");
        foreach (var state in (string[])["begun", "done"]) _releases.Add(0, new KeyValuePair<string, object?>("state", state));
    }

    /// <summary>Shows the standing of the controllers.</summary>
    /// <param name="silence">Seconds in which no controller renewed the Lease.</param>
    /// <param name="releasing">Whether that was too long.</param>
    public void Observe(Func<double> silence, Func<bool> releasing)
    {
        _meter.CreateObservableGauge(
            "aviator.watchdog.silence", silence, "s", "Time in which no controller renewed its Lease although the API server answered.");
        _meter.CreateObservableGauge(
            "aviator.watchdog.releasing",
            () => releasing() ? 1 : 0,
            "{watchdog}",
            "1 while steered Services are released for lack of a controller.");
    }

    public void Began() => _releases.Add(1, new KeyValuePair<string, object?>("state", "begun"));

    public void Ended() => _releases.Add(1, new KeyValuePair<string, object?>("state", "done"));

    public void Dispose() => _meter.Dispose();
}
