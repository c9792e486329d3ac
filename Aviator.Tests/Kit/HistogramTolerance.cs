namespace Aviator.Tests.Kit;

/// <summary>
/// How far a quantile of a latency histogram may lie from the time that was measured: buckets are 1/16 of a power of two wide.
/// </summary>
internal static class HistogramTolerance
{
    /// <summary>The least that a time <paramref name="exact"/> is shown as.</summary>
    public static TimeSpan Low(TimeSpan exact) => exact * 0.94;

    /// <summary>The most that a time <paramref name="exact"/> is shown as.</summary>
    public static TimeSpan High(TimeSpan exact) => exact * 1.0625;
}
