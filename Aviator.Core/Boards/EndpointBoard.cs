namespace Aviator.Core.Boards;

/// <summary>One ready endpoint of a policy, as its last evaluation left it.</summary>
public sealed record EndpointBoard
{
    /// <summary>The pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>The pod's IP address.</summary>
    public required string Address { get; init; }

    /// <summary>The pod's node; null when unknown.</summary>
    public string? Node { get; init; }

    /// <summary>The node's zone; null when it has none, or it is unknown.</summary>
    public string? Zone { get; init; }

    /// <summary>
    /// "New", "Selected", "Unselected", "Ejected", "Trial" or "Dormant"; readers show a word that they do not know as it is.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Whether it gets traffic (in mode Observe: whether it would).</summary>
    public required bool InUse { get; init; }

    /// <summary>Its weight: 0 gets nothing, 1 a full share.</summary>
    public required double Weight { get; init; }

    /// <summary>Share (0 to 1) of the policy's requests that it answered of late; null when no endpoint had any.</summary>
    public double? TrafficShare { get; init; }

    /// <summary>Median latency in milliseconds; null when it was never measured.</summary>
    public double? P50Ms { get; init; }

    /// <summary>99th percentile in milliseconds, failures counted as slower than any answer; null when it was never measured.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Samples behind both.</summary>
    public long Samples { get; init; }

    /// <summary>Requests in flight.</summary>
    public long InFlight { get; init; }

    /// <summary>
    /// Requests that wait in its inference engine for a place in the batch, as a mean that the decision went by; 0 or more. Null where
    /// the policy has no engine, or its last sample was too old or none: not known, which is not 0.
    /// </summary>
    public double? EngineWaiting { get; init; }

    /// <summary>
    /// Share (0 to 1) of its engine's key-value cache in use; null as <see cref="EngineWaiting"/> is, and where the engine does not say.
    /// </summary>
    public double? EngineCacheUse { get; init; }

    /// <summary>Why it stands so, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>Since when it is in this state, in Unix milliseconds; null when it was so before this replica first saw it.</summary>
    public long? SinceMs { get; init; }

    /// <summary>Until when its circuit breaker keeps it out, in Unix milliseconds; null when the breaker is not open.</summary>
    public long? EjectedUntilMs { get; init; }

    /// <summary>How it answered before; null where the history was left off.</summary>
    public EndpointHistory? History { get; init; }
}

/// <summary>
/// How an endpoint answered, one figure for each of <see cref="PolicyBoard.HistoryAtMs"/> in its order; null where nothing was measured, or
/// the endpoint was not there.
/// </summary>
/// <param name="P50Ms">Medians in milliseconds.</param>
/// <param name="P99Ms">99th percentiles in milliseconds.</param>
public sealed record EndpointHistory(IReadOnlyList<double?> P50Ms, IReadOnlyList<double?> P99Ms);
