using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Ranking;

/// <summary>
/// How many of the Service's requests take long: whether what waits at a silent endpoint may be exports and long polls. Where the choice is
/// by requests in flight, an endpoint that holds a few more of these than its peers gets next to nothing, and answers nothing for that.
/// </summary>
internal sealed class LongAnswers(IReadOnlyList<EndpointEvaluation> endpoints)
{
    /// <summary>Of a silence the share at its end, in which what came may have come too late to be answered.</summary>
    private const double Unsaid = 0.1;

    private readonly Lazy<LatencyHistogram> _answers = new(() =>
        LatencyHistogram.Sum(endpoints.Where(Counts).Select(endpoint => endpoint.Observed.Window.Latency)));

    /// <summary>
    /// The longest that a request has waited at an endpoint that answers others: exports are known by that before the first has ended.
    /// </summary>
    public TimeSpan Waiting { get; } = endpoints.Where(endpoint => Counts(endpoint) && endpoint.Observed.Fresh.HasAnswers)
        .Select(endpoint => endpoint.Observed.OldestInFlight).DefaultIfEmpty().Max();

    /// <summary>The age from which on a request that came in a silence, and was not answered, says something.</summary>
    public static TimeSpan Late(TimeSpan silent) => silent * Unsaid;

    /// <summary>
    /// Probability that all requests that came to an endpoint in its silence are long ones, if they are as its peers' windows say: the
    /// share of those to the power of their number. They are taken as evenly spread over the silence; one long answer is added to what was
    /// seen, so that few answers say little.
    /// </summary>
    public double Chance(EndpointEvaluation endpoint, TimeSpan silent)
    {
        var own = Counts(endpoint) ? endpoint.Observed.Window.Latency : LatencyHistogram.Empty;
        var (late, all) = (Late(silent), _answers.Value.Count - own.Count);
        var share = (_answers.Value.CountAbove(late) - own.CountAbove(late) + 1.0) / (all + 1);
        return Math.Pow(share, endpoint.Record.CameSilent * (1 - Unsaid));
    }

    private static bool Counts(EndpointEvaluation endpoint) => endpoint.WasInUse && endpoint.Observed.Report == ReportFreshness.Fresh;
}
