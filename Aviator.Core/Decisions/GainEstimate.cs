using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// What a decision would gain that is not carried out: all answers of now, beside those of now that come from where the decision would
/// send requests. It takes for granted that an endpoint answers as it does now, so it leaves out what the requests that move do to the
/// endpoints that take them.
/// </summary>
/// <param name="P50Now">Median of all answers.</param>
/// <param name="P99Now">99th percentile of all answers.</param>
/// <param name="P50">Median of the answers by the decision's weights.</param>
/// <param name="P99">99th percentile of the answers by the decision's weights.</param>
/// <param name="Moved">Share of the requests, 0 to 1, that would go to other endpoints than now.</param>
public sealed record GainEstimate(TimeSpan P50Now, TimeSpan P99Now, TimeSpan P50, TimeSpan P99, double Moved)
{
    /// <summary>Parts of a request: an endpoint's answers count by its rate, whatever the length of its window.</summary>
    private const double Fine = 1e6;

    /// <summary>
    /// The estimate; null where the decision would move nothing, where no answer is measured, and where it leaves no endpoint whose
    /// answers are.
    /// </summary>
    internal static GainEstimate? Of(IReadOnlyList<EndpointEvaluation> endpoints)
    {
        if (endpoints.All(endpoint => endpoint.Share >= 1)) return null;
        var now = LatencyHistogram.Sum(endpoints.Select(endpoint => Answers(endpoint, 1)));
        var then = LatencyHistogram.Sum(endpoints.Select(endpoint => Answers(endpoint, endpoint.Share)));
        if (now.Quantile(0.5) is not { } p50Now || now.Quantile(0.99) is not { } p99Now) return null;
        if (then.Quantile(0.5) is not { } p50 || then.Quantile(0.99) is not { } p99) return null;
        return new(p50Now, p99Now, p50, p99, Math.Clamp(1 - ((double)then.Count / now.Count), 0, 1));
    }

    private static LatencyHistogram Answers(EndpointEvaluation endpoint, double share)
    {
        var (window, latency) = (endpoint.Observed.Window, endpoint.AnyEvidence?.Latency ?? endpoint.Observed.Window.Latency);
        var factor = latency.Count == 0 ? 0 : window.Rate * share * Fine / latency.Count;
        if (factor <= 0) return LatencyHistogram.Empty;
        var answers = latency.FilledCounts;
        var parts = new long[answers.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = (long)Math.Round(answers[i] * factor);
        return LatencyHistogram.FromRange(latency.FirstBucket, parts);
    }
}
