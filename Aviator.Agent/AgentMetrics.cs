using System.Diagnostics;
using System.Diagnostics.Metrics;
using Aviator.Agent.Access;
using Aviator.Agent.Bpf;
using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Agent.Probing;
using Aviator.Agent.Sources;

namespace Aviator.Agent;

/// <summary>
/// All instruments of the agent, on the meter <see cref="MeterName"/>. Sums over the node only: a pod's name or address is never a label.
/// Counters exist from the start, at zero.
/// </summary>
internal sealed partial class AgentMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Aviator.Agent";

    private static readonly InstrumentAdvice<double> ReadBounds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1],
    };

    private static readonly InstrumentAdvice<double> ProbeBounds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    };


    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _unmeasured;
    private readonly Counter<long> _abandoned;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _restarts;
    private readonly Counter<long> _readFailures;
    private readonly Counter<long> _probesFailed;
    private readonly Counter<long> _probesDiscarded;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _reviews;
    private readonly Histogram<double> _readDuration;
    private readonly Histogram<double> _probeDuration;
    private long _rif;

    /// <summary>Creates the instruments; those who know the gauges are asked at each scrape.</summary>
    public AgentMetrics(IMeterFactory meters, MeasurementSource source, KernelStanding standing, InterestBoard board, ReadClock clock)
    {
        _meter = meters.Create(MeterName);
        _requests = _meter.CreateCounter<long>("aviator.agent.requests", "{request}", "Requests that the endpoints of this node received.");
        _failed = _meter.CreateCounter<long>(
            "aviator.agent.requests.failed", "{request}", "Requests answered with status 5xx, or not at all.");
        _unmeasured = _meter.CreateCounter<long>(
            "aviator.agent.requests.unmeasured", "{request}", "Exchanges whose latency could not be measured.");
        _abandoned = _meter.CreateCounter<long>(
            "aviator.agent.requests.abandoned", "{request}", "Requests that their clients gave up before an answer.");
        _answers = _meter.CreateCounter<long>(
            "aviator.agent.answers", "{answer}", "Answers by the class of their HTTP status; out_of_sight in TLS, failures included.");
        _restarts = _meter.CreateCounter<long>(
            "aviator.agent.counter.restarts", "{endpoint}", "Endpoints whose kernel counters had started again from zero.");
        _readFailures = _meter.CreateCounter<long>("aviator.agent.read.failures", "{read}", "Reads of the kernel's counters that failed.");
        _probesFailed = _meter.CreateCounter<long>("aviator.agent.probe.failures", "{probe}", "Probes that failed, by reason.");
        _probesDiscarded = _meter.CreateCounter<long>(
            "aviator.agent.probe.discarded", "{probe}", "Probes that the agent itself held up; their outcome says nothing.");
        _refusals = _meter.CreateCounter<long>(
            "aviator.agent.access.refusals", "{request}", "Requests for the measurements that were refused, by reason.");
        _reviews = _meter.CreateCounter<long>(
            "aviator.agent.access.reviews", "{review}", "Tokens that the API server was asked about, by outcome.");
        _readDuration = _meter.CreateHistogram(
            "aviator.agent.read.duration", "s", "Time to read the kernel's counters and book them.", advice: ReadBounds);
        _probeDuration = _meter.CreateHistogram(
            "aviator.agent.probe.duration", "s", "Latency of the probes that were answered.", advice: ProbeBounds);
        _meter.CreateObservableGauge(
            "aviator.agent.requests.in_flight", () => Interlocked.Read(ref _rif), "{request}", "Requests in flight at the last read.");
        _meter.CreateObservableGauge(
            "aviator.agent.endpoints", () => (long)board.Plan.Endpoints.Count, "{endpoint}", "Endpoints of this node that are measured.");
        _meter.CreateObservableGauge(
            "aviator.agent.pods.unmeasurable", () => (long)board.Plan.Unmeasurable.Count,
            "{pod}", "Pods that a policy wants measured and that cannot be.");
        _meter.CreateObservableGauge(
            "aviator.agent.report.age", () => clock.LastRead.Age.TotalSeconds, "s", "Time since the counters were last read.");
        _meter.CreateObservableGauge("aviator.agent.source", () => Chosen(source), "{source}", "1 for the source and hooks in use.");
        if (standing.Health is not null)
        {
            _meter.CreateObservableCounter(
                "aviator.agent.kernel.recursion_misses", () => standing.Health!.RecursionMisses,
                "{event}", "Events lost because a program was running already on that CPU.");
            _meter.CreateObservableCounter(
                "aviator.agent.kernel.unmatched", () => standing.Health!.Unmatched, "{event}", "Answers that met no request.");
            _meter.CreateObservableCounter(
                "aviator.agent.kernel.connections", () => standing.Health!.Accepted,
                "{connection}", "Connections that the endpoints accepted.");
            _meter.CreateObservableCounter(
                "aviator.agent.kernel.connections.unmeasured", () => Unmeasured(standing.Health!),
                "{connection}", "Connections that could not be measured, by what there was no room for.");
            _meter.CreateObservableCounter(
                "aviator.agent.kernel.connections.without_row", () => standing.Health!.ConnectionsWithoutRow,
                "{connection}",
                "Connections that are measured but found no room in the table of live ones: only a walk shows what they have in flight.");
        }
    }

    /// <summary>Makes every counter visible at zero; called when the exporters listen.</summary>
    public void Announce()
    {
        Count(default(ReadTotals));
        _readFailures.Add(0);
        _probesDiscarded.Add(0);
        foreach (var reason in (string[])["no_token", "invalid_token", "forbidden", "unavailable"]) _refusals.Add(0, Reason(reason));
        foreach (var standing in Enum.GetValues<TokenStanding>()) _reviews.Add(0, Outcome(standing));
        foreach (var result in Enum.GetValues<ProbeResult>())
            if (result != ProbeResult.Answered)
                _probesFailed.Add(0, Reason(Name(result)));
    }

    /// <summary>Counts one read.</summary>
    public void Count(ReadTotals totals, TimeSpan duration)
    {
        _readDuration.Record(duration.TotalSeconds);
        Count(totals);
    }

    /// <summary>Counts a read that failed.</summary>
    public void ReadFailed() => _readFailures.Add(1);

    /// <summary>Counts one probe.</summary>
    public void Probed(ProbeOutcome outcome, bool discarded)
    {
        if (discarded) _probesDiscarded.Add(1);
        else if (outcome.Result == ProbeResult.Answered) _probeDuration.Record(outcome.Latency.TotalSeconds);
        else _probesFailed.Add(1, Reason(Name(outcome.Result)));
    }

    /// <summary>Counts a request for the measurements that was refused.</summary>
    public void Refused(string reason) => _refusals.Add(1, Reason(reason));

    /// <summary>Counts one question to the API server about a token.</summary>
    public void Reviewed(TokenStanding standing) => _reviews.Add(1, Outcome(standing));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Chosen(MeasurementSource source) => new(
        1,
        new KeyValuePair<string, object?>("source", source.Kind == Aviator.Core.Measurement.LatencySource.Ebpf ? "ebpf" : "probe"),
        new KeyValuePair<string, object?>("hooks", source.Counters is null ? "none" : source.Detail));

    private static Measurement<long>[] Unmeasured(KernelHealth health) =>
    [
        new(health.ConnectionsWithoutState, new KeyValuePair<string, object?>("reason", "state")),
        new(health.ConnectionsWithoutEndpoint, new KeyValuePair<string, object?>("reason", "endpoint")),
    ];

    private static TagList Reason(string reason) => new() { { "reason", reason } };

    private static TagList StatusClass(string name) => new() { { "outcome", name } };

    private static TagList Outcome(TokenStanding standing) => new()
    {
        {
            "outcome", standing switch
            {
                TokenStanding.Allowed => "allowed",
                TokenStanding.NotAllowed => "not_allowed",
                TokenStanding.Invalid => "invalid",
                _ => "failed",
            }
        },
    };

    private static string Name(ProbeResult result) => result switch
    {
        ProbeResult.ServerError => "server_error",
        ProbeResult.TimedOut => "timeout",
        ProbeResult.Refused => "refused",
        ProbeResult.OtherProtocol => "other_protocol",
        _ => "broken",
    };

    private void Count(ReadTotals totals)
    {
        _requests.Add(totals.Requests);
        _failed.Add(totals.ServerErrors, Reason("server_error"));
        _failed.Add(totals.Unanswered, Reason("unanswered"));
        _unmeasured.Add(totals.Unmeasured);
        _abandoned.Add(totals.Abandoned);
        _answers.Add(totals.Statuses.Success, StatusClass("2xx"));
        _answers.Add(totals.Statuses.Redirects, StatusClass("3xx"));
        _answers.Add(totals.Statuses.ClientErrors, StatusClass("4xx"));
        _answers.Add(totals.Statuses.Throttled, StatusClass("429"));
        _answers.Add(totals.ServerErrors, StatusClass("5xx"));
        _answers.Add(totals.WithoutStatus, StatusClass("out_of_sight"));
        _restarts.Add(totals.Restarts);
        Interlocked.Exchange(ref _rif, totals.Rif);
    }
}
