using Aviator.Controller.Analysis;
using Aviator.Controller.Policies;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Analysis;

/// <summary>
/// Two versions of a Service's program beside each other, by real reports: pods a and b are v1, the pod that can be slow is v2.
/// </summary>
public sealed class VersionAnalysisTests : IDisposable
{
    private static readonly ObjectKey Key = new("shop", "web");
    private readonly EvaluationWorld _world = new();
    private readonly PolicyStore _policies;
    private readonly VersionAnalysis _analysis;

    public VersionAnalysisTests()
    {
        var connection = new ApiConnection(new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" }), _world.Time);
        _policies = new(connection, null, new(), _world.Time, NullLogger<PolicyStore>.Instance);
        _policies.Policies.Upsert(Key, _world.Policy);
        _world.Cluster.Services.Upsert(Key, EvaluationWorld.Service);
        _analysis = new(_world.Cluster, _policies, _world.Evaluation, _world.Windows, _ => _world.Run.Memory);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void SlowVersion_IsWorse_WithTheFigures()
    {
        Seconds(60, slowMs: 300);

        var report = Report("version=v2");

        Assert.Equal(("worse", "shop", "web", "web"), (report.Verdict, report.Namespace, report.Service, report.Policy));
        Assert.Matches(
            @"^The candidate's p95 is 30\d[\d.]* to 30\d[\d.]* ms, the baseline's 10[\d.]* to 10[\d.]* ms\. "
                + @"It is one pod: its node may be the cause\.$",
            report.Reason);
        Assert.Equal(("worse", 95), (report.Latency!.Verdict, report.Latency.Percentile));
        Assert.InRange(report.Latency.CandidateLowMs, 285, 310);
        Assert.InRange(report.Latency.BaselineHighMs!.Value, 9.5, 10.5);
        Assert.Equal(("pass", "pass"), (report.Failures!.Verdict, report.ClientErrors!.Verdict));
        Assert.Equal((2, 2, "the others"), (report.Baseline.Pods, report.Baseline.InUse, report.Baseline.Selector));
        Assert.Equal((1, 1, "version=v2"), (report.Candidate.Pods, report.Candidate.InUse, report.Candidate.Selector));
        Assert.InRange(report.Candidate.Requests, 5_000, 6_000);
        Assert.InRange(report.Candidate.Seconds, 50, 60);
    }

    [Fact]
    public void EqualVersion_Passes()
    {
        Seconds(60, slowMs: 10);
        var report = Report("version=v2", "version=v1");
        Assert.Equal("pass", report.Verdict);
        Assert.Matches(
            @"^The candidate's p95 is 10[\d.]* to 10[\d.]* ms, .* The candidate fails in 0 to 0\.1 % of its answers, "
                + @"the baseline in 0 to 0 %\.",
            report.Reason);
    }

    [Fact]
    public void FirstSeconds_AreInconclusive()
    {
        Seconds(3, slowMs: 10);
        var report = Report("version=v2");
        Assert.Equal("inconclusive", report.Verdict);
        Assert.StartsWith("Not certain yet. ", report.Reason, StringComparison.Ordinal);
    }

    /// <summary>A window begins where it is asked to, so what was slow before says nothing.</summary>
    [Fact]
    public void ShortWindow_LeavesOutWhatWasBefore()
    {
        Seconds(40, slowMs: 300);
        Seconds(30, slowMs: 10);
        Assert.Equal("worse", Report("version=v2").Verdict);
        Assert.Equal("pass", Report("version=v2", window: "25s").Verdict);
    }

    [Theory]
    [InlineData("version=v3", null, "No ready pod is of the candidate (version=v3).")]
    [InlineData("version=v2", "version=v0", "No ready pod is of the baseline (version=v0).")]
    [InlineData("app=web", null, "No ready pod is of the baseline (the others).")]
    public void VersionWithoutPods_IsInconclusive_AndSaysSo(string candidate, string? baseline, string reason)
    {
        Seconds(60, slowMs: 10);
        var report = Report(candidate, baseline);
        Assert.Equal(("inconclusive", reason), (report.Verdict, report.Reason));
        Assert.Null(report.Latency);
    }

    [Fact]
    public void SilentAgent_IsInconclusive_AndNamed()
    {
        Seconds(60, slowMs: 10);
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        var report = Report("version=v2");
        Assert.Equal(
            ("inconclusive", "Pod a of the baseline is on node node, which counts no requests, or has not reported of late."),
            (report.Verdict, report.Reason));
    }

    /// <summary>The policy found it out first: nothing is left to compare, and that says it.</summary>
    [Fact]
    public async Task VersionThatThePolicyHasTakenOut_IsWorse_ForThePolicysReason()
    {
        await _world.UntilExcludedAsync(TestContext.Current.CancellationToken);
        // Long enough that its traffic is out of the window.
        var report = Report("version=v2", window: "10s");
        Assert.Equal("worse", report.Verdict);
        Assert.Equal((1, 0), (report.Candidate.Pods, report.Candidate.InUse));
    }

    [Fact]
    public void Canary_OfThePolicy_IsTheCandidateWhereNoneIsNamed()
    {
        Assert.Equal(
            (400, "candidate: name the pods of the new version by a label, as candidate=version=v2, or give the policy spec.canary."),
            Refusal(null));
        var canary = _world.Policy with
        {
            Spec = _world.Policy.Spec with
            {
                Routing = "Kernel",
                Canary = new() { Selector = new() { MatchLabels = new Dictionary<string, string> { ["version"] = "v2" } }, Weight = 5 },
            },
        };
        _policies.Policies.Upsert(Key, canary);
        Seconds(60, slowMs: 300);
        Assert.Equal(("worse", "version=v2"), (Report(null).Verdict, Report(null).Candidate.Selector));
    }

    [Fact]
    public void WhatCannotBeAsked_IsRefused()
    {
        Assert.Equal(
            (400, "baseline: pod slow is of both versions; use labels that tell them apart."), Refusal("version=v2", baseline: "app=web"));
        Assert.Equal((404, "There is no Service cart in namespace shop."), Refusal("version=v2", service: new("shop", "cart")));
        _policies.Policies.Remove(Key);
        Assert.Equal(
            (404, "No policy has Service web, so nothing of it is measured; one with mode: Observe is enough."), Refusal("version=v2"));
    }

    private void Seconds(int count, int slowMs)
    {
        for (var second = 0; second < count; second++) _world.Second(slowMs);
    }

    private AnalysisReport Report(string? candidate, string? baseline = null, string? window = null)
    {
        var outcome = _analysis.Run(Key, Query(candidate, baseline, window));
        Assert.Equal("", outcome.Refusal);
        return outcome.Report!;
    }

    private (int Status, string Reason) Refusal(string? candidate, string? baseline = null, ObjectKey? service = null)
    {
        var outcome = _analysis.Run(service ?? Key, Query(candidate, baseline, null));
        Assert.Null(outcome.Report);
        return (outcome.Status, outcome.Refusal);
    }

    private static AnalysisQuery Query(string? candidate, string? baseline, string? window) => AnalysisQuery.Read(
        name => name switch { "candidate" => candidate, "baseline" => baseline, "window" => window, _ => null }, out _)!;
}
