using Aviator.Core.Measurement;

namespace Aviator.Core.Comparisons;

/// <summary>What one endpoint answered in one short span of time.</summary>
/// <param name="Latency">Time to the first byte of each answer, failures included.</param>
/// <param name="Failures">Answers among them that failed: server errors, requests without an answer, and throttling (429).</param>
/// <param name="ClientErrors">Answers among them with a status of 400 to 499, but for 429.</param>
public sealed record MeasuredSpan(LatencyHistogram Latency, long Failures, long ClientErrors)
{
    /// <summary>Requests that ended in it.</summary>
    public long Requests => Latency.Count;
}

/// <summary>What the endpoints of one version answered.</summary>
/// <param name="Spans">The spans of all of its endpoints, in any order.</param>
public sealed record VersionSample(IReadOnlyList<MeasuredSpan> Spans)
{
    /// <summary>
    /// Requests at endpoints that answer nothing at all, which have waited for longer than any usual answer takes: failures, of which no
    /// span knows yet.
    /// </summary>
    public long Unanswered { get; init; }
}
