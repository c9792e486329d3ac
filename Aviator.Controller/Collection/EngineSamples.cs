using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>What an endpoint's rows say of its inference engine. By HTTP a report is JSON, in which any number may stand.</summary>
internal static class EngineSamples
{
    /// <summary>The engine's load; null when the newest row has no sample that can be used by now.</summary>
    /// <param name="rows">The endpoint's rows of the window, newest first.</param>
    /// <param name="lastEvaluation">When the policy was last evaluated; null before the first time.</param>
    /// <param name="now">Monotonic time.</param>
    public static EngineObservation? Observe(
        IEnumerable<(Snapshot Snapshot, RowLoad Load)> rows, TimeSpan? lastEvaluation, TimeSpan now)
    {
        EngineReport? newest = null;
        var (all, fresh, inFlight) = (default(Mean), default(Mean), default(Mean));
        foreach (var (snapshot, load) in rows)
        {
            if (newest is null && (newest = Newest(snapshot, load, now)) is null) return null;
            if (Usable(load.Engine) is not { } sample) continue;
            all = all.With(sample.Waiting);
            inFlight = inFlight.With(InFlight(load, sample));
            if (snapshot.ArrivedAt > lastEvaluation) fresh = fresh.With(sample.Waiting);
        }

        if (newest is null) return null;
        var waiting = fresh.Count == 0 ? all.Value : Math.Min(all.Value, fresh.Value);
        return new EngineObservation(waiting, newest.CacheUse, inFlight.Value);
    }

    /// <summary>
    /// Requests in flight by the kernel's count, and what waits in the engine where the kernel does not see it wait; 0 or more.
    /// </summary>
    public static double InFlight(RowLoad load, EngineReport engine) =>
        Math.Max(0, load.Rif) + Math.Max(0.0, engine.Waiting - Math.Max(0, load.Waiting));

    /// <summary>The sample of an endpoint's newest row; null when there is none, or it is older than it may be by now.</summary>
    public static EngineReport? Newest(Snapshot snapshot, RowLoad load, TimeSpan now) =>
        Usable(load.Engine) is { } sample
            && TimeSpan.FromSeconds(sample.AgeSeconds) + (now - snapshot.MeasuredAt) <= EngineReport.GoodFor
            ? sample
            : null;

    private static EngineReport? Usable(EngineReport? sample)
    {
        if (sample is null || sample.Waiting < 0 || !(sample.AgeSeconds >= 0 && sample.AgeSeconds <= EngineReport.GoodFor.TotalSeconds))
            return null;
        return sample.CacheUse is null or (>= 0 and <= 1) ? sample : sample with { CacheUse = null };
    }

    private readonly record struct Mean(int Count, double Sum)
    {
        public double Value => Sum / Count;

        public Mean With(double value) => new(Count + 1, Sum + value);
    }
}
