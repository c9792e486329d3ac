using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions.Trials;

/// <summary>What an endpoint without traffic is expected to do with some.</summary>
/// <param name="P50">Median.</param>
/// <param name="P99">99th percentile, or as near to it as the source comes.</param>
internal readonly record struct ExpectedLatency(TimeSpan P50, TimeSpan P99)
{
    /// <summary>Probes and traffic are compared only when they differ by this factor: their paths differ.</summary>
    public const double FarFaster = 2;

    /// <summary>What it has shown.</summary>
    public static ExpectedLatency By(Evidence evidence) => new(evidence.P50, evidence.P99);

    /// <summary>By the newest probes alone; null when there are fewer than <paramref name="run"/>, or one of them failed.</summary>
    public static ExpectedLatency? FromProbes(EndpointEvaluation endpoint, int run) =>
        ProbeRuns.Newest(endpoint.Observed.Probe, run) is { } probes ? new(probes.Median, probes.Slowest) : null;

    /// <summary>
    /// By the last verdict, scaled by how much faster the newest <paramref name="run"/> probes have become since; null when they have
    /// not. A cheap path answers probes fast on a slow pod too, so only their change is news.
    /// </summary>
    public static ExpectedLatency? FromImprovedProbes(EndpointEvaluation endpoint, int run)
    {
        if (endpoint.Record.Exploration.ProbeThen is not { } then || then <= TimeSpan.Zero) return null;
        if (endpoint.Record.Verdict is not { } verdict || ProbeRuns.Newest(endpoint.Observed.Probe, run) is not { } now) return null;
        return now.Slowest * FarFaster < then ? new(verdict.P50 * (now.Median / then), verdict.P99 * (now.Slowest / then)) : null;
    }

    /// <summary>
    /// The median to expect: by the last verdict, or less when the probes have become that much faster; by probes without a verdict.
    /// </summary>
    public static TimeSpan? Median(EndpointEvaluation endpoint) => endpoint.Record.Verdict is { } verdict
        ? FromImprovedProbes(endpoint, ProbeRuns.Short)?.P50 ?? verdict.P50
        : ProbeRuns.Newest(endpoint.Observed.Probe)?.Median;
}
