using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>Sums and differences of <see cref="EndpointCounters"/>.</summary>
internal static class CounterMath
{
    /// <summary>The counts of both.</summary>
    public static EndpointCounters Add(EndpointCounters left, EndpointCounters right)
    {
        if (IsZero(left)) return right;
        if (IsZero(right)) return left;
        return new EndpointCounters
        {
            Latency = left.Latency.Merge(right.Latency),
            Requests = left.Requests + right.Requests,
            ServerErrors = left.ServerErrors + right.ServerErrors,
            Unanswered = left.Unanswered + right.Unanswered,
            Unmeasured = left.Unmeasured + right.Unmeasured,
            Abandoned = left.Abandoned.Merge(right.Abandoned),
            Statuses = left.Statuses + right.Statuses,
        };
    }

    /// <summary>What <paramref name="later"/> has more than <paramref name="earlier"/>; null when any count went down.</summary>
    public static EndpointCounters? Since(EndpointCounters later, EndpointCounters earlier)
    {
        if (IsZero(earlier)) return later;
        var statuses = later.Statuses - earlier.Statuses;
        if (later.Requests < earlier.Requests || later.ServerErrors < earlier.ServerErrors || later.Unanswered < earlier.Unanswered
            || later.Unmeasured < earlier.Unmeasured || statuses.AnyNegative
            || later.Latency.Since(earlier.Latency) is not { } latency || later.Abandoned.Since(earlier.Abandoned) is not { } abandoned)
            return null;
        return new EndpointCounters
        {
            Latency = latency,
            Requests = later.Requests - earlier.Requests,
            ServerErrors = later.ServerErrors - earlier.ServerErrors,
            Unanswered = later.Unanswered - earlier.Unanswered,
            Unmeasured = later.Unmeasured - earlier.Unmeasured,
            Abandoned = abandoned,
            Statuses = statuses,
        };
    }

    /// <summary>
    /// Whether nothing happened between the two. Counts only grow, so equal totals mean equal buckets; no bucket is compared.
    /// </summary>
    public static bool SameTotals(EndpointCounters left, EndpointCounters right) =>
        left.Requests == right.Requests && left.Latency.Count == right.Latency.Count && left.ServerErrors == right.ServerErrors
        && left.Unanswered == right.Unanswered && left.Unmeasured == right.Unmeasured && left.Statuses == right.Statuses
        && left.Abandoned.Count == right.Abandoned.Count;

    private static bool IsZero(EndpointCounters counters) =>
        counters is { Requests: 0, ServerErrors: 0, Unanswered: 0, Unmeasured: 0, Latency.Count: 0, Abandoned.Count: 0, Statuses.Sum: 0 };
}
