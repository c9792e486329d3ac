using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Policies;
using Aviator.Controller.Reconciliation;
using Aviator.Core.Comparisons;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Analysis;

/// <summary>
/// Compares two versions of the program behind a Service, told apart by labels of their pods, on what was measured of late. It writes
/// nothing, and no decision depends on it.
/// </summary>
/// <param name="cluster">What is seen.</param>
/// <param name="policies">The policies.</param>
/// <param name="evaluation">Looks at the endpoints.</param>
/// <param name="windows">The measurements.</param>
/// <param name="memoryOf">What the policy that has a Service remembers; null where none is evaluated.</param>
internal sealed class VersionAnalysis(
    ClusterView cluster, PolicyStore policies, PolicyEvaluation evaluation, WindowStore windows,
    Func<ObjectKey, EvaluationMemory?> memoryOf)
{
    /// <summary>Spans that a window is cut into at most: what is slow for some seconds is then seen to be so.</summary>
    private const int Parts = 12;

    /// <summary>Requests that have waited for so long, at an endpoint that answers nothing, count as failed.</summary>
    private static readonly TimeSpan Hangs = TimeSpan.FromSeconds(10);

    /// <summary>Compares.</summary>
    /// <param name="key">The Service.</param>
    /// <param name="query">The question.</param>
    public Outcome Run(ObjectKey key, AnalysisQuery query)
    {
        if (cluster.Services.Find(key) is not { } service)
            return Refused(StatusCodes.Status404NotFound, $"There is no Service {key.Name} in namespace {key.Namespace}.");
        var policy = PolicyClaims.OwnerOf(key.Name, policies.Policies.InNamespace(key.Namespace).Values);
        if (policy is null || SpecReader.Read(policy.Spec, out _) is not { } terms)
        {
            return Refused(
                StatusCodes.Status404NotFound,
                $"No policy has Service {key.Name}, so nothing of it is measured; one with mode: Observe is enough.");
        }

        if (Candidate(query, terms) is not { } isCandidate)
        {
            return Refused(
                StatusCodes.Status400BadRequest,
                "candidate: name the pods of the new version by a label, as candidate=version=v2, or give the policy spec.canary.");
        }

        var look = evaluation.Look(policy, terms, default, service);
        var (baselines, candidates, both) = Split(look.Members, key.Namespace, query.Baseline, isCandidate);
        if (both is not null)
        {
            return Refused(
                StatusCodes.Status400BadRequest, $"baseline: pod {both.Name} is of both versions; use labels that tell them apart.");
        }

        // What is only observed takes nobody out.
        var decision = terms.Mode == PolicyMode.Enforce ? memoryOf(key)?.Decision : null;
        var baseline = Version(query.Baseline?.ToString() ?? "the others", baselines, query, look.Now, decision);
        var candidate = Version(isCandidate.ToString(), candidates, query, look.Now, decision);
        return new(Report(key, policy.Metadata.Name, query, baseline, candidate), StatusCodes.Status200OK, "");
    }

    private (List<MeasuredEndpoint> Baseline, List<MeasuredEndpoint> Candidate, MeasuredEndpoint? Both) Split(
        IReadOnlyList<MeasuredEndpoint> members, string ns, LabelSelector? isBaseline, LabelSelector isCandidate)
    {
        var (baseline, candidate, both) = (new List<MeasuredEndpoint>(), new List<MeasuredEndpoint>(), default(MeasuredEndpoint));
        foreach (var member in members)
        {
            var labels = cluster.Pods.Find(new(ns, member.Name))?.Shape.Labels ?? LabelSet.Empty;
            var isNext = isCandidate.Matches(labels);
            var isUsual = isBaseline?.Matches(labels) ?? !isNext;
            if (isNext) candidate.Add(member);
            if (isUsual) baseline.Add(member);
            if (isNext && isUsual) both = member;
        }

        return (baseline, candidate, both);
    }

    private static LabelSelector? Candidate(AnalysisQuery query, PolicyTerms terms) =>
        query.Candidate ?? (terms.Canary is { } canary ? LabelSelector.Of(canary.Selector) : null);

    private static Outcome Refused(int status, string reason) => new(null, status, reason);

    private MeasuredVersion Version(
        string selector, IReadOnlyList<MeasuredEndpoint> members, AnalysisQuery query, TimeSpan now, Decision? decision)
    {
        var seen = members.Select(member => windows.Spans(member, query.Window, Parts, now)).ToList();
        var spans = seen.OfType<EndpointSpans>().ToList();
        var hanging = spans.Where(endpoint => endpoint.OldestWaiting >= Hangs && !endpoint.Windows.Any(window => window.HasAnswers));
        return new()
        {
            Selector = selector,
            Members = members,
            InUse = members.Count(member => decision?.Admits(member.Key) ?? true),
            Out = members.Select(member => decision?.Endpoints.GetValueOrDefault(member.Key)).FirstOrDefault(one => one is { Weight: 0 }),
            Unseen = members.Zip(seen).FirstOrDefault(pair => pair.Second is null).First,
            Sample = new([.. spans.SelectMany(endpoint => endpoint.Windows).Select(Span)])
            {
                Unanswered = hanging.Sum(endpoint => endpoint.Waiting),
            },
            Unmeasured = spans.Sum(endpoint => endpoint.Windows.Sum(window => window.Unmeasured)),
            Counted = spans.Select(endpoint => endpoint.Counted).DefaultIfEmpty().Max(),
        };
    }

    private static MeasuredSpan Span(MeasuredWindow window) =>
        new(window.Latency, window.Failures + window.Statuses.Throttled, window.Statuses.ClientErrors);

    private static AnalysisReport Report(
        ObjectKey key, string policy, AnalysisQuery query, MeasuredVersion baseline, MeasuredVersion candidate)
    {
        var obstacle = baseline.Obstacle("baseline") ?? candidate.Obstacle("candidate");
        var comparison = obstacle is null ? VersionComparison.Between(baseline.Sample, candidate.Sample, query.Terms) : null;
        var (verdict, reason) = Judge(comparison, obstacle, baseline, candidate, query.Terms);
        return new()
        {
            Verdict = VerdictWords.Of(verdict),
            Reason = reason,
            Namespace = key.Namespace,
            Service = key.Name,
            Policy = policy,
            WindowSeconds = query.Window.TotalSeconds,
            Confidence = Math.Round(query.Terms.Confidence * 100, 3),
            Baseline = baseline.Report(),
            Candidate = candidate.Report(),
            Latency = comparison is null ? null : AnalysisText.Of(comparison.Latency, query.Terms),
            Failures = comparison is null ? null : AnalysisText.Of(comparison.Failures),
            ClientErrors = comparison is null ? null : AnalysisText.Of(comparison.ClientErrors),
        };
    }

    private static (VersionVerdict Verdict, string Reason) Judge(
        VersionComparison? comparison, string? obstacle, MeasuredVersion baseline, MeasuredVersion candidate, ComparisonTerms terms)
    {
        var verdict = comparison?.Verdict ?? VersionVerdict.Inconclusive;
        // What is out of use gets nothing that could be compared; that it was put out for its figures says it all.
        if (verdict == VersionVerdict.Inconclusive && candidate.IsOutForWorse && baseline.InUse > 0)
        {
            return (VersionVerdict.Worse,
                $"The policy has taken every pod of the candidate out of use: {candidate.Out!.Reason}.");
        }

        return (verdict, obstacle ?? AnalysisText.Explain(comparison!, candidate.Members.Count, terms));
    }

    /// <summary>What an analysis comes to.</summary>
    /// <param name="Report">The report; null when there is none.</param>
    /// <param name="Status">The HTTP status that says so.</param>
    /// <param name="Refusal">Why there is no report; empty when there is one.</param>
    internal sealed record Outcome(AnalysisReport? Report, int Status, string Refusal);
}
