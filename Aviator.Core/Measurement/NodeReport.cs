using System.Text.Json.Serialization;

namespace Aviator.Core.Measurement;

/// <summary>Where an agent's numbers come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LatencySource>))]
public enum LatencySource
{
    /// <summary>The kernel, on real traffic.</summary>
    [JsonStringEnumMemberName("ebpf")] Ebpf,

    /// <summary>HTTP requests of the agent's own.</summary>
    [JsonStringEnumMemberName("probe")] Probe,
}

/// <summary>
/// What one node's agent knows: the answer of <c>GET /latencies</c>. Counters only grow within an <see cref="Epoch"/>, so a reader takes
/// windows as differences of two reports. No wall clock crosses nodes: ages only.
/// </summary>
public sealed record NodeReport
{
    /// <summary>The version of this format that the code at hand reads and writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>
    /// The query parameter by which a reader of <c>GET /latencies</c> asks for more frequent reads, in whole milliseconds; it holds for
    /// some seconds, so a reader repeats it. An agent that does not know it reads as ever.
    /// </summary>
    public const string ReadEveryQuery = "readEveryMs";

    /// <summary>The format's version; a reader refuses one that it does not know.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The node's name in Kubernetes.</summary>
    public required string Node { get; init; }

    /// <summary>
    /// Changes whenever the counters start from zero again (each start of the agent). Reports of two epochs are never subtracted.
    /// </summary>
    public required string Epoch { get; init; }

    /// <summary>Number of the sub-window read last; grows by one with each within the epoch.</summary>
    public required long Sequence { get; init; }

    /// <summary>Time since the counters were read, in seconds, on the agent's monotonic clock at the moment of answering.</summary>
    public required double AgeSeconds { get; init; }

    /// <summary>Time from one read of the counters to the next, in seconds.</summary>
    public required double SubWindowSeconds { get; init; }

    /// <summary>The source in use.</summary>
    public required LatencySource Source { get; init; }

    /// <summary>The kernel hooks in use ("tp_btf/tcp_probe+cgroup_skb/egress"), or why there are none.</summary>
    public required string SourceDetail { get; init; }

    /// <summary>One row per endpoint of this node that is of interest.</summary>
    public required IReadOnlyList<EndpointReport> Endpoints { get; init; }
}

/// <summary>One endpoint's counters and present state on its node.</summary>
public sealed record EndpointReport
{
    /// <summary>The pod's IP address, in its canonical text form; v4-mapped addresses are written as IPv4.</summary>
    public required string Address { get; init; }

    /// <summary>The local port that accepted the connections.</summary>
    public required int Port { get; init; }

    /// <summary>The pod's UID; an IP address is reused, a UID is not.</summary>
    public required string PodUid { get; init; }

    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>Real traffic measured in the kernel; all zero while the source is the probe.</summary>
    public required EndpointCounters Traffic { get; init; }

    /// <summary>Requests in flight now, those whose answer is under way included.</summary>
    public required long Rif { get; init; }

    /// <summary>
    /// Of <see cref="Rif"/>, those whose answer has begun and is not over, as streams and long downloads: load, but nobody waits for them.
    /// </summary>
    public long AnswersUnderWay { get; init; }

    /// <summary>How long the oldest unanswered request has waited, in seconds; 0 without one.</summary>
    public required double OldestInFlightSeconds { get; init; }

    /// <summary>
    /// TCP smoothed round-trip time of the endpoint's connections, in seconds; null when unknown. Never mixed into service latency.
    /// </summary>
    public double? NetworkRttSeconds { get; init; }

    /// <summary>The agent's own HTTP probe of this endpoint; null when it is not probed.</summary>
    public ProbeReport? Probe { get; init; }

    /// <summary>Its inference engine's own figures; null where no policy asks for them, or nothing young enough is known.</summary>
    public EngineReport? Engine { get; init; }

    /// <summary>
    /// The last seconds of <see cref="Traffic"/> (of the probe if that is the source), for people; controllers cut their own windows.
    /// </summary>
    public required WindowSummary Recent { get; init; }
}

/// <summary>Counters that only grow within an epoch.</summary>
public sealed record EndpointCounters
{
    /// <summary>No traffic at all.</summary>
    public static EndpointCounters Zero { get; } = new() { Latency = LatencyHistogram.Empty };

    /// <summary>Service latency of each answered request, plus one sample at its age for each that ended unanswered.</summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>Requests seen: those in <see cref="Latency"/> and in <see cref="Abandoned"/>.</summary>
    public long Requests { get; init; }

    /// <summary>
    /// Answers with an HTTP status of 500 to 599; they are in <see cref="Latency"/> as well, but an error is never "fast".
    /// </summary>
    public long ServerErrors { get; init; }

    /// <summary>
    /// Requests whose connection the server ended, or that timed out, before an answer; in <see cref="Latency"/> at their age.
    /// </summary>
    public long Unanswered { get; init; }

    /// <summary>
    /// Exchanges that could not be measured (HTTP/2 inside TLS, unknown protocols): counted for coverage, not in <see cref="Latency"/>.
    /// </summary>
    public long Unmeasured { get; init; }

    /// <summary>
    /// Requests that their client gave up (FIN or RST) or sent on a connection that the server had ended already, at their age: an answer
    /// would have taken at least so long. No failures of the endpoint, and in no other counter than <see cref="Requests"/>.
    /// </summary>
    public LatencyHistogram Abandoned { get; init; } = LatencyHistogram.Empty;

    /// <summary>Answers by the class of their HTTP status; those of 500 to 599 are <see cref="ServerErrors"/>.</summary>
    public StatusCounts Statuses { get; init; }

    /// <summary>
    /// Answers whose status is out of sight, as in TLS: they are in <see cref="Latency"/>, and any of them may be an error.
    /// </summary>
    public long WithoutStatus => Math.Max(0, Latency.Count - Unanswered - ServerErrors - Statuses.Sum);

    /// <summary>Failures: <see cref="ServerErrors"/> and <see cref="Unanswered"/>.</summary>
    [JsonIgnore] public long Failures => ServerErrors + Unanswered;
}

/// <summary>Answers by the class of their HTTP status, all of them in the endpoint's latency as well.</summary>
/// <param name="Success">200 to 299.</param>
/// <param name="Redirects">300 to 399.</param>
/// <param name="ClientErrors">400 to 499 without 429.</param>
/// <param name="Throttled">429.</param>
public readonly record struct StatusCounts(long Success, long Redirects, long ClientErrors, long Throttled)
{
    /// <summary>All four.</summary>
    [JsonIgnore] public long Sum => Success + Redirects + ClientErrors + Throttled;

    /// <summary>The counts of both.</summary>
    public static StatusCounts operator +(StatusCounts left, StatusCounts right) => new(
        left.Success + right.Success, left.Redirects + right.Redirects, left.ClientErrors + right.ClientErrors,
        left.Throttled + right.Throttled);

    /// <summary>What the left has more than the right.</summary>
    public static StatusCounts operator -(StatusCounts left, StatusCounts right) => new(
        left.Success - right.Success, left.Redirects - right.Redirects, left.ClientErrors - right.ClientErrors,
        left.Throttled - right.Throttled);

    /// <summary>Whether any count is negative: as a difference, some counter went down.</summary>
    [JsonIgnore] public bool AnyNegative => (Success | Redirects | ClientErrors | Throttled) < 0;
}

/// <summary>The agent's own HTTP probe of one endpoint. Failures are never "fast": they are not in <see cref="Latency"/>.</summary>
public sealed record ProbeReport
{
    /// <summary>Time to the answer's first byte of each answered probe (2xx, 3xx, 4xx), cumulative.</summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>Probes that failed (5xx, timeout, refused), cumulative.</summary>
    public required long Failures { get; init; }

    /// <summary>Latency of the last probe in seconds; null when it failed.</summary>
    public double? LastSeconds { get; init; }

    /// <summary>
    /// The last probes' latencies in seconds, newest first, at most 16; null marks a failure. A run of good ones admits to a trial.
    /// </summary>
    public required IReadOnlyList<double?> RecentSeconds { get; init; }

    /// <summary>Time since the last probe ended, in seconds.</summary>
    public required double AgeSeconds { get; init; }
}

/// <summary>A window as people read it.</summary>
public sealed record WindowSummary
{
    /// <summary>The window's length in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Samples in it.</summary>
    public required long Count { get; init; }

    /// <summary>Failures in it.</summary>
    public required long Errors { get; init; }

    /// <summary>Median in milliseconds; null without samples.</summary>
    public double? P50Ms { get; init; }

    /// <summary>99th percentile in milliseconds; null without samples.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Share (0 to 1) of the exchanges that could be measured; null without traffic.</summary>
    public double? Coverage { get; init; }
}
