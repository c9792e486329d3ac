using System.Collections.Immutable;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>Builds the outcome of an evaluation whose stages have run: verdicts, state to remember, and what the status shows.</summary>
internal static class OutcomeBuilder
{
    /// <summary>The outcome of the evaluation.</summary>
    public static PolicyOutcome Build(EvaluationContext context)
    {
        var verdicts = context.Endpoints.ToDictionary(
            endpoint => endpoint.Key, endpoint => BuildVerdict(context, endpoint), StringComparer.Ordinal);
        return new PolicyOutcome(new Decision(verdicts), BuildState(context), BuildSummary(context, verdicts));
    }

    private static EndpointDecision BuildVerdict(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var weight = endpoint.Record.Admitted || endpoint.Forced ? 1 : 0;
        return new EndpointDecision(endpoint.Key, weight, VerdictText.StateOf(context, endpoint), VerdictText.Explain(context, endpoint))
        {
            Breaker = BreakerMark.FromRecord(endpoint.Record.Breaker),
        };
    }

    private static PolicyState BuildState(EvaluationContext context) => context.State with
    {
        LastEvaluation = context.Now,
        Endpoints = context.Endpoints.ToImmutableSortedDictionary(
            endpoint => endpoint.Key,
            endpoint => endpoint.Record with { HeldInUse = endpoint.Forced && !endpoint.Record.Admitted },
            StringComparer.Ordinal),
        Trial = context.State.Trial is { } trial && context.Endpoints.Any(endpoint => endpoint.Key == trial.Key) ? trial : null,
    };

    private static PolicySummary BuildSummary(EvaluationContext context, Dictionary<string, EndpointDecision> verdicts)
    {
        var active = context.Endpoints.Where(endpoint => verdicts[endpoint.Key].Weight > 0).ToList();
        var merged = active.Aggregate(
            LatencyHistogram.Empty, (sum, endpoint) => sum.Merge(endpoint.AnyEvidence?.Latency ?? endpoint.Observed.Window.Latency));
        var measured = context.Endpoints.Sum(endpoint => endpoint.Observed.Window.Latency.Count);
        var unmeasured = context.Endpoints.Sum(endpoint => endpoint.Observed.Window.Unmeasured);
        return new PolicySummary
        {
            Total = context.Endpoints.Count,
            Active = active.Count,
            Ejected = context.Endpoints.Count(endpoint => endpoint.Ejected),
            Average = Mean(merged),
            P99 = merged.Quantile(0.99),
            Coverage = measured + unmeasured == 0 ? null : (double)measured / (measured + unmeasured),
            StatusCoverage = measured == 0 ? null : 1 - ((double)OutOfSight(context) / measured),
            Degraded = context.Degraded,
            InsufficientTraffic = WithSight(JudgeTraffic(context), context),
            Rows = context.Endpoints.Select(endpoint => BuildRow(endpoint, verdicts[endpoint.Key]))
                .OrderByDescending(row => row.State == EndpointState.Ejected)
                .ThenByDescending(row => row.P99 ?? TimeSpan.Zero)
                .ThenBy(row => row.Name, StringComparer.Ordinal).ThenBy(row => row.Key, StringComparer.Ordinal).ToList(),
        };
    }

    private static long OutOfSight(EvaluationContext context) => context.Endpoints.Sum(endpoint => endpoint.Observed.Window.WithoutStatus);

    private static EndpointRow BuildRow(EndpointEvaluation endpoint, EndpointDecision verdict)
    {
        var known = endpoint.Evidence ?? (endpoint.AnyEvidence is { Count: > 0 } few ? few : null);
        var remembered = endpoint.Record.Verdict;
        return new EndpointRow(
            endpoint.Key,
            endpoint.Observed.Name,
            endpoint.Observed.Address,
            known?.P50 ?? remembered?.P50,
            known?.P99 ?? remembered?.P99,
            known?.Count ?? remembered?.Samples ?? 0,
            endpoint.Observed.Rif,
            verdict.State,
            verdict.Weight > 0,
            verdict.Reason);
    }

    /// <summary>Whoever reads that there is enough to judge by must know what nobody sees.</summary>
    private static ConditionVerdict WithSight(ConditionVerdict traffic, EvaluationContext context)
    {
        var measured = context.Endpoints.Sum(endpoint => endpoint.Observed.Window.Latency.Count);
        return OutOfSight(context) * 2 <= measured
            ? traffic
            : traffic with
            {
                Message = $"{traffic.Message} Most answers are encrypted (TLS): their status, and so any failure, is out of sight.",
            };
    }

    private static ConditionVerdict JudgeTraffic(EvaluationContext context)
    {
        if (context.Reports != ReportValidity.Sufficient)
            return new(false, DecisionReason.NotKnown, "Most endpoints' nodes do not report.");
        var serving = context.Endpoints.Where(endpoint => endpoint.Record.Admitted).ToList();
        var unmeasurable = serving.Count(endpoint => endpoint.Unmeasurable);
        if (unmeasurable * 2 > serving.Count)
        {
            return new(true, DecisionReason.Unmeasurable, $"Most traffic of {unmeasurable} of {serving.Count} endpoints in service "
                + "cannot be measured (HTTP/2 inside TLS, or an unknown protocol): they stay as they are.");
        }

        var unknown = serving.Count(endpoint => endpoint.Evidence is null);
        var settings = context.Settings.Measurement;
        return serving.Count > 0 && unknown * 2 > serving.Count
            ? new(true, DecisionReason.TooFewSamples, $"{unknown} of {serving.Count} endpoints in service have fewer than "
                + $"{settings.MinSamples} samples in {GoDuration.Format(settings.MaxWindow)}: they stay as they are.")
            : new(false, DecisionReason.EnoughSamples, $"{serving.Count - unknown} of {serving.Count} endpoints in service have "
                + "samples enough to be ranked.");
    }

    /// <summary>Mean of a histogram, each sample in the middle of its bucket; null without samples.</summary>
    internal static TimeSpan? Mean(LatencyHistogram latency)
    {
        if (latency.Count == 0) return null;
        var sum = 0.0;
        for (var i = 0; i < HistogramLayout.BucketCount; i++)
            sum += latency.Counts[i] * ((HistogramLayout.LowerBound(i) + HistogramLayout.UpperBound(i)) / 2.0);
        return TimeSpan.FromTicks((long)(sum / latency.Count / TimeSpan.NanosecondsPerTick));
    }
}
