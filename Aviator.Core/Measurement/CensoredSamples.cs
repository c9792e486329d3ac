namespace Aviator.Core.Measurement;

/// <summary>Samples of which only a lower bound is known: requests that their client gave up would have taken at least so long.</summary>
public static class CensoredSamples
{
    /// <summary>
    /// Adds the censored samples where their answers would have come if they were like those of the requests that were answered: each is
    /// spread over the samples above it (Efron's redistribution to the right, which gives the estimate of Kaplan and Meier, 1958). With
    /// nothing above it, it stays at its age. The sum has the count of both.
    /// </summary>
    /// <param name="latency">Samples as they were measured.</param>
    /// <param name="censored">Ages at which requests were given up.</param>
    public static LatencyHistogram Merge(LatencyHistogram latency, LatencyHistogram censored)
    {
        ArgumentNullException.ThrowIfNull(latency);
        ArgumentNullException.ThrowIfNull(censored);
        if (censored.Count == 0) return latency;
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        var (above, weight, sum, placed) = (latency.Count + censored.Count, 1.0, 0.0, 0L);
        for (var i = 0; i < counts.Length; i++)
        {
            above -= latency[i] + censored[i];
            sum += latency[i] * weight;
            if (above == 0) sum += censored[i] * weight;
            else weight *= (double)(above + censored[i]) / above;
            // Of the sum so far, so that no sample gets lost by rounding.
            counts[i] = (long)Math.Round(sum) - placed;
            placed += counts[i];
        }

        return LatencyHistogram.FromRange(0, counts);
    }
}
