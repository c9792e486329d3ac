using System.Globalization;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>An endpoint's state and reason, as status, Events and logs show them.</summary>
internal static class VerdictText
{
    /// <summary>The endpoint's state after all stages.</summary>
    public static EndpointState StateOf(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (IsToldToWait(endpoint)) return EndpointState.Unselected;
        if (endpoint.OnTrial) return EndpointState.Trial;
        if (endpoint.Ejected) return EndpointState.Ejected;
        if (endpoint.Record.Admitted) return endpoint.Record.Measured ? EndpointState.Selected : EndpointState.New;
        if (endpoint.Forced) return EndpointState.Selected;
        var observed = endpoint.Observed;
        var measured = observed.Fresh.Latency.Count > 0 || observed.Rif > 0 || context.Settings.Source == LatencySource.Probe;
        return measured ? EndpointState.Unselected : EndpointState.Dormant;
    }

    /// <summary>
    /// The reason that a stage gave in this evaluation, or what the endpoint's state rests on; and its share when that is no full one.
    /// </summary>
    public static string Explain(EvaluationContext context, Patience patience, EndpointEvaluation endpoint)
    {
        if (IsToldToWait(endpoint)) return $"unselected: the canary's weight is {(endpoint.Observed.Canary ? 0 : 100)}";
        var reason = ExplainState(context, patience, endpoint);
        if (endpoint is not { InUse: true, Share: < 1 }) return reason;
        var by = endpoint.Dilution < 1 ? " by the canary's weight" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{reason}, at {endpoint.Share:0.##} of a full share{by}");
    }

    /// <summary>Whether it would be used, and the policy gives all traffic to the other version.</summary>
    private static bool IsToldToWait(EndpointEvaluation endpoint) => endpoint is { InUse: true, Dilution: <= 0 };

    private static string ExplainState(EvaluationContext context, Patience patience, EndpointEvaluation endpoint)
    {
        if (endpoint.Reason.Length > 0) return endpoint.Reason;
        var record = endpoint.Record;
        if (endpoint.OnTrial)
            return endpoint.AnyEvidence is { Count: > 0 } few ? $"trial: {few.Count} samples so far" : "trial: no samples yet";
        if (record.Breaker.Phase == BreakerPhase.Open)
            return $"ejected: p99 {Remembered(record)}, limit {LatencyText.Format(context.Settings.Breaker.P99Threshold)}";
        if (record.Breaker.Phase == BreakerPhase.HalfOpen) return "ejected: waits for good probes and a trial";
        if (!record.Admitted)
        {
            if (endpoint.HangsByProbes) return $"unselected: {LatencyText.Describe(endpoint.Evidence!)}";
            return record.Verdict is null
                ? "unselected: as found in place, nothing measured yet"
                : $"unselected: p99 {Remembered(record)} when last measured";
        }

        if (endpoint.Evidence is null) return $"kept: {(record.Measured ? "" : "new, ")}{endpoint.NoEvidenceReason}";
        if (endpoint.ClearlyWorse)
        {
            var needed = patience.With(endpoint);
            return $"selected: slower than the boundary ({LatencyText.Describe(endpoint.Evidence)}), "
                + $"{Math.Min(record.Persisted, needed)} of {needed} evaluations";
        }

        return $"selected: rank {endpoint.Rank} of {context.Ranking.Count}";
    }

    private static string Remembered(EndpointRecord record) => record.Verdict is { } verdict ? LatencyText.Format(verdict.P99) : "unknown";
}
