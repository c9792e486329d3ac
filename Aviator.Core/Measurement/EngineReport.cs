namespace Aviator.Core.Measurement;

/// <summary>What a pod's inference engine said of itself when its node's agent last asked it.</summary>
public sealed record EngineReport
{
    /// <summary>
    /// An older sample says nothing: queues come and go within seconds. Agents ask once a second, so some answers may be missed. What is
    /// too old counts as not known, never as a full queue.
    /// </summary>
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    /// <summary>Requests that wait for a place in its batch, over all models and engines of the pod; 0 or more.</summary>
    public required long Waiting { get; init; }

    /// <summary>Share of its key-value cache in use, 0 to 1; null where it does not say.</summary>
    public double? CacheUse { get; init; }

    /// <summary>Time since it said so, in seconds.</summary>
    public required double AgeSeconds { get; init; }
}
