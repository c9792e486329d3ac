using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>How much is asked of a Service, for those who choose its number of pods.</summary>
/// <param name="ArrivalRate">Requests per second that came to all ready endpoints, over their windows; 0 or more.</param>
/// <param name="InFlight">Requests in flight at all ready endpoints; 0 or more.</param>
/// <param name="Unused">
/// Share (0 to 1) that is unused of the load that the endpoints in use are known to carry: 1 less the present rate over the highest at
/// which latency and failures held. Null before that is known. They may carry more than they ever had to, so it is a lower bound.
/// </param>
public sealed record LoadSummary(double ArrivalRate, long InFlight, double? Unused)
{
    /// <summary>Share of the exchanges that must be measured: HTTP/2 inside TLS is load that is not counted.</summary>
    private const double LeastCoverage = 0.9;

    /// <summary>
    /// Sums the load up; null when a part of it is not counted. A sum without that part would look like less load, and pods would be taken
    /// away for it.
    /// </summary>
    /// <param name="domains">The evaluation of each routing domain, concluded.</param>
    internal static LoadSummary? Measure(IReadOnlyList<EvaluationContext> domains)
    {
        var seen = domains.SelectMany(domain => domain.Endpoints).Select(endpoint => endpoint.Observed).ToList();
        if (domains[0].Settings.Source == LatencySource.Probe || seen.Count == 0 || !seen.TrueForAll(IsCounted)) return null;
        var (measured, unmeasured) = (seen.Sum(one => one.Window.Latency.Count), seen.Sum(one => one.Window.Unmeasured));
        if (measured < (measured + unmeasured) * LeastCoverage) return null;
        return new(seen.Sum(ArrivalRateOf), seen.Sum(one => Math.Max(0, one.Rif)), UnusedOf(domains));
    }

    /// <summary>One without a window has just come, or its agent has just started.</summary>
    private static bool IsCounted(EndpointObservation observed) => observed is
    { Report: ReportFreshness.Fresh, CountsTraffic: true, Obstacle: MeasuringObstacle.None }
        && observed.Window.Duration > TimeSpan.Zero;

    /// <summary>What was answered, was given up, and waits that did not before: in an overload more comes than is answered.</summary>
    private static double ArrivalRateOf(EndpointObservation observed)
    {
        var window = observed.Window;
        var came = window.Latency.Count + window.Abandoned.Count + observed.Waiting - window.WaitingBefore;
        return Math.Max(0, came) / window.Duration.TotalSeconds;
    }

    private static double? UnusedOf(IReadOnlyList<EvaluationContext> domains)
    {
        if (domains.Any(domain => domain.State.Capacity.KnownGoodRate <= 0)) return null;
        var known = domains.Sum(domain => domain.State.Capacity.KnownGoodRate * domain.Load.InUse);
        return Math.Clamp(1 - (domains.Sum(domain => domain.Load.Rate) / known), 0, 1);
    }
}
