using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>What was measured of an endpoint over a span of time that has passed.</summary>
/// <param name="Latency">Every answered request, and each unanswered one at its age.</param>
/// <param name="Failures">Server errors and unanswered requests, all of them among the samples.</param>
/// <param name="Unmeasured">Exchanges that could not be measured (HTTP/2 inside TLS, unknown protocols).</param>
/// <param name="Duration">Length of the span that the samples really cover.</param>
public sealed record MeasuredWindow(LatencyHistogram Latency, long Failures, long Unmeasured, TimeSpan Duration)
{
    /// <summary>
    /// Requests that their clients gave up, at their age: each would have taken at least so long. No failures, no samples.
    /// </summary>
    public LatencyHistogram Abandoned { get; init; } = LatencyHistogram.Empty;

    /// <summary>Answers by the class of their HTTP status, those of 500 to 599 apart.</summary>
    public StatusCounts Statuses { get; init; }

    /// <summary>Answers with a status of 500 to 599; among the failures.</summary>
    public long ServerErrors { get; init; }

    /// <summary>Answers whose status is out of sight, as in TLS: failures among them cannot be seen.</summary>
    public long WithoutStatus { get; init; }

    /// <summary>Requests without an answer at its beginning; with what waits at its end, it says what came in between.</summary>
    public long WaitingBefore { get; init; }

    /// <summary>Answers per second; 0 over no time.</summary>
    public double Rate => Duration > TimeSpan.Zero ? Latency.Count / Duration.TotalSeconds : 0;

    /// <summary>Whether anything was answered, and did not fail.</summary>
    public bool HasAnswers => Latency.Count > Failures;

    /// <summary>Nothing measured, over no time.</summary>
    public static MeasuredWindow Empty { get; } = new(LatencyHistogram.Empty, 0, 0, TimeSpan.Zero);
}

/// <summary>The agent's own HTTP probes of an endpoint, as far as they may be held for or against it.</summary>
/// <param name="Recent">
/// Latencies, newest first; null marks a failure. Only of probes since <see cref="EndpointRecord.EvidenceFrom"/>.
/// </param>
/// <param name="Age">Time since the newest of all; <see cref="TimeSpan.MaxValue"/> when the endpoint was never probed.</param>
public sealed record ProbeObservation(IReadOnlyList<TimeSpan?> Recent, TimeSpan Age)
{
    /// <summary>Never probed.</summary>
    public static ProbeObservation None { get; } = new([], TimeSpan.MaxValue);

    /// <summary>Whether the endpoint is probed at all.</summary>
    public bool Exists => Age != TimeSpan.MaxValue;
}

/// <summary>Whether the numbers of an endpoint's node can be relied on.</summary>
public enum ReportFreshness
{
    /// <summary>The node's agent never reported (not started yet, not reachable, unknown format).</summary>
    Missing,

    /// <summary>Its last report is too old.</summary>
    Stale,

    /// <summary>A report is at hand that is young enough.</summary>
    Fresh,
}

/// <summary>
/// Everything the decision knows of one ready endpoint. Durations and ages only: no clock but the controller's monotonic one.
/// </summary>
public sealed record EndpointObservation
{
    /// <summary>The pod's UID: an IP address is reused, a UID is not.</summary>
    public required string Key { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's IP address, canonical text.</summary>
    public required string Address { get; init; }

    /// <summary>Its node; null when unknown.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// Its routing domain: endpoints of one domain are reached by the same clients and decided together, as "zone eu-a" or "node n1". Empty
    /// when every client reaches every endpoint.
    /// </summary>
    public string Domain { get; init; } = "";

    /// <summary>
    /// Whether it is of the policy's canary (<see cref="PolicySettings.CanaryShare"/>): those are decided apart from the others of their
    /// domain, since their share says how much each of them gets.
    /// </summary>
    public bool Canary { get; init; }

    /// <summary>Time since the endpoint became ready; null when unknown.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>The window to rank by: traffic, or probes if <see cref="PolicySettings.Source"/> is the probe.</summary>
    public MeasuredWindow Window { get; init; } = MeasuredWindow.Empty;

    /// <summary>What came since the last evaluation; a zero duration says that no newer report arrived.</summary>
    public MeasuredWindow Fresh { get; init; } = MeasuredWindow.Empty;

    /// <summary>The end of <see cref="Fresh"/> in which nothing was answered; over no time when the last report had answers.</summary>
    public MeasuredWindow Silence { get => field ?? (Fresh.HasAnswers ? MeasuredWindow.Empty : Fresh); init; }

    /// <summary>Requests in flight at the last report, those whose answer is under way included: the endpoint's load.</summary>
    public long Rif { get; init; }

    /// <summary>
    /// Requests in flight at the last report of half a second or more before; null when there was none. What is many at both has piled up;
    /// a machine that pauses for a moment, or what all depend on, leaves many at one of them.
    /// </summary>
    public long? RifBefore { get; init; }

    /// <summary>Of <see cref="Rif"/>, those whose answer has begun and is not over, as streams and long downloads.</summary>
    public long AnswersUnderWay { get; init; }

    /// <summary>Of <see cref="Rif"/>, those without an answer: what may be held against the endpoint.</summary>
    public long Waiting => Rif - AnswersUnderWay;

    /// <summary>How long the oldest unanswered request has waited; zero without one.</summary>
    public TimeSpan OldestInFlight { get; init; }

    /// <summary>Whether these numbers can be relied on.</summary>
    public ReportFreshness Report { get; init; } = ReportFreshness.Fresh;

    /// <summary>Age of the node's last report; null without one.</summary>
    public TimeSpan? ReportAge { get; init; }

    /// <summary>Whether its node counts requests; one whose kernel has no hooks only probes.</summary>
    public bool CountsTraffic { get; init; } = true;

    /// <summary>Why nothing can be measured of it; it stays as it is then.</summary>
    public MeasuringObstacle Obstacle { get; init; }

    /// <summary>The agent's probes.</summary>
    public ProbeObservation Probe { get; init; } = ProbeObservation.None;

    /// <summary>
    /// Its inference engine's own figures; null where the policy does not ask for them, and where none is young enough: such an endpoint
    /// is not taken for a full one.
    /// </summary>
    public EngineObservation? Engine { get; init; }
}
