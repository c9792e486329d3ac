using Aviator.Core.Measurement;

namespace Aviator.Agent.Engines;

/// <summary>What one answer of an engine says.</summary>
/// <param name="Waiting">Requests that wait for a place in its batch; 0 or more.</param>
/// <param name="CacheUse">Share of its key-value cache in use, 0 to 1; null where it does not say.</param>
internal readonly record struct EngineSample(long Waiting, double? CacheUse)
{
    /// <summary>Beyond this it is no count of requests.</summary>
    private const double Most = 1e9;

    /// <summary>
    /// Reads an engine's metrics. A pod with several engines or models has a row for each: what waits adds up, and of the caches it is the
    /// mean, since the pod has room while one of them has.
    /// </summary>
    /// <returns>The sample; null when the answer does not say how many wait, or says it of a part in a way that cannot be read.</returns>
    public static EngineSample? Read(ReadOnlySpan<byte> text, InferenceEngine engine)
    {
        var gauges = EngineGauges.Of(engine);
        if (FirstOf(text, gauges.Waiting) is not { Count: > 0 } waiting || !waiting.TrueForAll(value => value is >= 0 and <= Most))
            return null;
        var caches = FirstOf(text, gauges.CacheUse);
        var known = caches.Count > 0 && caches.TrueForAll(value => value is >= 0 and <= 1);
        return new EngineSample((long)Math.Min(Most, Math.Round(waiting.Sum())), known ? caches.Average() : null);
    }

    private static List<double> FirstOf(ReadOnlySpan<byte> text, IReadOnlyList<EngineGauge> names)
    {
        foreach (var name in names)
            if (ExpositionText.Read(text, name) is { Count: > 0 } values)
                return values;
        return [];
    }
}
