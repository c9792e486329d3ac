using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Ranking;

/// <summary>
/// What a window says of an endpoint's latency, made honest: failures count as slower than any answer, and what waits in flight as
/// latency at least its age.
/// </summary>
internal sealed class Evidence
{
    private const int AgeSteps = 16;

    /// <summary>A factor by which nothing differs by chance or by its queue alone.</summary>
    private const double Extreme = 3;

    /// <summary>A share of failures that its peers do not have, and that no queue makes.</summary>
    private const double FailuresOfItsOwn = 0.1;

    /// <summary>A share of failures with which an endpoint is no help to the others.</summary>
    private const double FailsNearlyAll = 0.9;

    private TimeSpan? _p50, _p99;

    /// <summary>The last answer of <see cref="Supported"/>: the middle endpoint is asked the same for each of the others.</summary>
    private ((double Wanted, double Alpha) For, double Quantile) _supported;

    private Evidence(LatencyHistogram latency, TimeSpan? hungFor, double failureShare, bool byProbes = false) =>
        (Latency, HungFor, FailureShare, ByProbes) = (latency, hungFor, failureShare, byProbes);

    /// <summary>Samples, of requests answered, failed, or in flight for long.</summary>
    public long Count => Latency.Count;

    /// <summary>Median.</summary>
    public TimeSpan P50 => _p50 ??= Find(0.5);

    /// <summary>99th percentile.</summary>
    public TimeSpan P99 => _p99 ??= Find(0.99);

    /// <summary>Share of the requests that failed, 0 to 1.</summary>
    public double FailureShare { get; }

    /// <summary>
    /// How long its oldest request has waited, or its probes have failed, if it answers nothing at all; null if it answers.
    /// </summary>
    public TimeSpan? HungFor { get; }

    /// <summary>Only probes say that it hangs.</summary>
    public bool ByProbes { get; }

    /// <summary>The samples, with failures at the slow end and what waits in flight at its age.</summary>
    public LatencyHistogram Latency { get; }

    /// <summary>Evidence of a window and of what is in flight at its end.</summary>
    /// <param name="window">The window.</param>
    /// <param name="waiting">Requests without an answer at its end.</param>
    /// <param name="oldestInFlight">Age of the oldest of these.</param>
    /// <param name="common">What the middle endpoint does too: only what an endpoint does clearly more often counts against it.</param>
    public static Evidence FromWindow(MeasuredWindow window, long waiting, TimeSpan oldestInFlight, CommonOutcomes common = default)
    {
        var (answers, failureShare) = AnswersOf(window, common);
        return new Evidence(WithWaiting(answers, waiting, oldestInFlight), null, failureShare);
    }

    /// <summary>The same of the answers alone, failures at their slow end, and the share of the requests that failed.</summary>
    public static (LatencyHistogram Answers, double FailureShare) AnswersOf(MeasuredWindow window, CommonOutcomes common)
    {
        var latency = CensoredSamples.Merge(window.Latency, window.Abandoned);
        var failures = Math.Clamp(common.CountFailures(window), 0, latency.Count);
        var share = latency.Count == 0 ? 0 : (double)failures / latency.Count;
        return (FailuresLast(latency, Math.Max(0, failures - common.CountCommon(latency.Count))), share);
    }

    /// <summary>
    /// Evidence that an endpoint has stopped answering: whatever it did before, its latency is at least its oldest request's age.
    /// </summary>
    public static Evidence Hung(MeasuredWindow window, long waiting, TimeSpan oldestInFlight)
    {
        return new Evidence(WithWaiting(window.Latency, waiting, oldestInFlight), oldestInFlight, failureShare: 0);
    }

    /// <summary>Evidence that an endpoint fails its probes, and that no traffic shows otherwise.</summary>
    /// <param name="window">The window, in which there may be answers from before.</param>
    /// <param name="silentFor">For how long it has failed them, above zero.</param>
    public static Evidence SilentToProbes(MeasuredWindow window, TimeSpan silentFor) =>
        new(window.Latency, silentFor, failureShare: 0, byProbes: true);

    /// <summary>Lower confidence bound of a quantile.</summary>
    public TimeSpan Lower(double quantile, double alpha)
    {
        if (HungFor is { } hung) return hung;
        var rank = OrderStatistics.LowerRank(Count, quantile, alpha);
        return rank <= 0 ? TimeSpan.Zero : Latency.AtRank(rank) ?? TimeSpan.Zero;
    }

    /// <summary>Upper confidence bound of a quantile.</summary>
    public TimeSpan Upper(double quantile, double alpha)
    {
        if (HungFor is not null || OrderStatistics.UpperRank(Count, quantile, alpha) is not { } rank) return TimeSpan.MaxValue;
        return Latency.AtRank(rank) ?? TimeSpan.MaxValue;
    }

    /// <summary>Best estimate of a quantile; the two that most comparisons ask for are found once.</summary>
    public TimeSpan Estimate(double quantile) => quantile switch
    {
        0.5 => P50,
        0.99 => P99,
        _ => Find(quantile),
    };

    /// <summary>The highest quantile up to <paramref name="wanted"/> that the samples can bound.</summary>
    public double Supported(double wanted, double alpha)
    {
        if (HungFor is not null) return wanted;
        if (_supported.For != (wanted, alpha)) _supported = ((wanted, alpha), OrderStatistics.Supported(Count, wanted, alpha));
        return _supported.Quantile;
    }

    /// <summary>Whether it fails what the other does not.</summary>
    public bool FailsByItself(Evidence other) => FailureShare > other.FailureShare + FailuresOfItsOwn;

    /// <summary>
    /// Whether even its fastest tenth is slower than the other's middle by far: queues make equals slow in their tails, and leave some
    /// requests that meet none.
    /// </summary>
    public bool IsSlowerWithoutQueue(Evidence other) => Latency.Quantile(0.1) > other.P50 * Extreme;

    /// <summary>
    /// Whether its fastest quarter and its middle are slower than those of the other by far, as equals are in the worst queues only.
    /// </summary>
    public bool IsFarSlower(Evidence other) =>
        Latency.Quantile(0.25) > other.Latency.Quantile(0.25) * Extreme && P50 > other.P50 * Extreme;

    /// <summary>Whether it serves hardly anybody: it answers nothing, or fails nearly all of its requests.</summary>
    public bool ServesNobody => HungFor is not null || FailureShare >= FailsNearlyAll;

    private TimeSpan Find(double quantile) => HungFor ?? Latency.Quantile(quantile) ?? TimeSpan.Zero;

    /// <summary>
    /// Moves <paramref name="failures"/> samples from the fast end behind the slow one. Which samples were failures is not known; taking
    /// the fastest assumes the worst case, the pod that fails at once and so looks best.
    /// </summary>
    private static LatencyHistogram FailuresLast(LatencyHistogram latency, long failures)
    {
        if (failures == 0) return latency;
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        latency.AddTo(counts);
        var left = failures;
        for (var i = 0; i < counts.Length && left > 0; i++)
        {
            var moved = Math.Min(counts[i], left);
            counts[i] -= moved;
            left -= moved;
        }

        counts[^1] += failures;
        return LatencyHistogram.FromRange(0, counts);
    }

    /// <summary>
    /// Adds the requests without an answer that already wait longer than the window's 99th percentile, at their ages. Only the oldest age
    /// and the number are known; the ages between are taken as evenly spread, as under steady arrival.
    /// </summary>
    private static LatencyHistogram WithWaiting(LatencyHistogram latency, long waiting, TimeSpan oldest)
    {
        if (waiting <= 0 || oldest <= TimeSpan.Zero) return latency;
        var known = latency.Quantile(0.99) ?? TimeSpan.Zero;
        var late = (long)(waiting * (1 - (known / oldest)));
        if (oldest <= known) return latency;
        if (late <= 0) late = 1;
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        latency.AddTo(counts);
        var steps = Math.Min(AgeSteps, late);
        for (var i = 0; i < steps; i++)
        {
            var age = known + ((oldest - known) * ((double)(i + 1) / steps));
            counts[HistogramLayout.IndexOf(age.Ticks * TimeSpan.NanosecondsPerTick)] += (late / steps) + (i < late % steps ? 1 : 0);
        }

        return LatencyHistogram.FromRange(0, counts);
    }
}
