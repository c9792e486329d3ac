using Aviator.Core.Measurement;

namespace Aviator.Core.Comparisons;

/// <summary>How the latency of two versions compares.</summary>
/// <param name="Verdict">What it comes to.</param>
/// <param name="Baseline">The quantile of the version in use.</param>
/// <param name="Candidate">The same of the new version.</param>
public sealed record LatencyComparison(VersionVerdict Verdict, LatencyBounds Baseline, LatencyBounds Candidate);

/// <summary>How a share of the answers of two versions compares.</summary>
/// <param name="Verdict">What it comes to.</param>
/// <param name="Baseline">The share of the version in use.</param>
/// <param name="Candidate">The same of the new version.</param>
public sealed record ShareComparison(VersionVerdict Verdict, ShareBounds Baseline, ShareBounds Candidate);

/// <summary>
/// Says whether one version of a program is slower, or fails more, than another that gets traffic of the same kind at the same time. Each
/// version's figure is bounded by itself; what even the bounds agree on is a verdict, and anything else is inconclusive. Two such bounds
/// are further apart than a single test of the difference would be: more traffic is needed, and no distribution is assumed.
/// </summary>
/// <param name="Latency">By latency.</param>
/// <param name="Failures">By the share of failures.</param>
/// <param name="ClientErrors">By the share of client errors, which a wrong route or a lost right gives fast.</param>
public sealed record VersionComparison(LatencyComparison Latency, ShareComparison Failures, ShareComparison ClientErrors)
{
    /// <summary>Worse when any of them is; a pass when all of them are.</summary>
    public VersionVerdict Verdict
    {
        get
        {
            VersionVerdict[] all = [Latency.Verdict, Failures.Verdict, ClientErrors.Verdict];
            if (all.Contains(VersionVerdict.Worse)) return VersionVerdict.Worse;
            return all.Contains(VersionVerdict.Inconclusive) ? VersionVerdict.Inconclusive : VersionVerdict.Pass;
        }
    }

    /// <summary>Compares two versions.</summary>
    /// <param name="baseline">The version in use.</param>
    /// <param name="candidate">The new version.</param>
    /// <param name="terms">What it is held to.</param>
    public static VersionComparison Between(VersionSample baseline, VersionSample candidate, ComparisonTerms terms)
    {
        var (stable, next) = (LatencyOf(baseline, terms), LatencyOf(candidate, terms));
        return new(
            new(JudgeLatency(stable, next, terms), stable, next),
            CompareShares(baseline, candidate, terms, span => span.Failures, withUnanswered: true),
            CompareShares(baseline, candidate, terms, span => span.ClientErrors, withUnanswered: false));
    }

    private static LatencyBounds LatencyOf(VersionSample version, ComparisonTerms terms)
    {
        var all = LatencyHistogram.Sum(version.Spans.Select(span => span.Latency));
        if (all.Quantile(terms.Quantile) is not { } quantile) return new(null, TimeSpan.Zero, null);
        var effective = DesignEffect.Effective(
            [.. version.Spans.Select(span => (span.Requests, span.Latency.CountAbove(quantile)))], terms.BoundError);
        return LatencyBounds.Of(all, effective, terms.Quantile, terms.BoundError);
    }

    private static VersionVerdict JudgeLatency(LatencyBounds baseline, LatencyBounds candidate, ComparisonTerms terms)
    {
        if (baseline.Value is null || candidate.Value is null) return VersionVerdict.Inconclusive;
        if (baseline.High is { } high && candidate.Low > terms.Allowed(high)) return VersionVerdict.Worse;
        return candidate.High <= terms.Allowed(baseline.Low) ? VersionVerdict.Pass : VersionVerdict.Inconclusive;
    }

    private static ShareComparison CompareShares(
        VersionSample baseline, VersionSample candidate, ComparisonTerms terms, Func<MeasuredSpan, long> count, bool withUnanswered)
    {
        var (stable, next) = (ShareOf(baseline), ShareOf(candidate));
        var verdict = next.Low > stable.High + terms.FailureTolerance ? VersionVerdict.Worse
            : next.High <= stable.Low + terms.FailureTolerance ? VersionVerdict.Pass
            : VersionVerdict.Inconclusive;
        return new(verdict, stable, next);

        ShareBounds ShareOf(VersionSample version)
        {
            var clusters = version.Spans.Select(span => (span.Requests, Counted: count(span))).ToList();
            // What waits is told by a look, not by a span: it is no cluster, for what hangs would hide itself as a wide spread.
            var unanswered = withUnanswered ? version.Unanswered : 0;
            var effective = DesignEffect.Effective(clusters, terms.BoundError) + unanswered;
            var (requests, counted) = (clusters.Sum(one => one.Requests) + unanswered, clusters.Sum(one => one.Counted) + unanswered);
            return ShareBounds.Of(counted, requests, effective, terms.BoundError);
        }
    }
}
