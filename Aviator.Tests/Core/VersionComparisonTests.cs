using Aviator.Core.Comparisons;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>Whether a version is worse: how often the answer is wrong, on traffic of which the truth is known.</summary>
public sealed class VersionComparisonTests
{
    private const int Runs = 400;
    private const int SpansPerPod = 12;
    private const double MeanMs = 20;

    private static readonly ComparisonTerms Terms = new();

    [Fact]
    public void EqualVersions_WithEnoughTraffic_Pass()
    {
        var verdicts = Verdicts(random => (Version(random, 3, 5_000, MeanMs), Version(random, 1, 5_000, MeanMs)));
        Assert.Equal(0, verdicts[VersionVerdict.Worse]);
        Assert.True(verdicts[VersionVerdict.Pass] > Runs * 0.95, $"{verdicts[VersionVerdict.Pass]} of {Runs} passed");
    }

    [Fact]
    public void TwiceAsSlow_IsWorse()
    {
        var verdicts = Verdicts(random => (Version(random, 3, 3_000, MeanMs), Version(random, 1, 1_000, MeanMs * 2)));
        Assert.Equal(Runs, verdicts[VersionVerdict.Worse]);
    }

    [Fact]
    public void FewRequests_AreInconclusive()
    {
        var verdicts = Verdicts(random => (Version(random, 3, 3_000, MeanMs), Version(random, 1, 60, MeanMs)));
        Assert.Equal((0, 0), (verdicts[VersionVerdict.Worse], verdicts[VersionVerdict.Pass]));
    }

    /// <summary>Exactly as slow as is allowed: a verdict of either kind is then as often wrong as the confidence says, at most.</summary>
    [Fact]
    public void OnTheVerge_NoVerdictIsGivenMoreOftenThanTheConfidenceAllows()
    {
        var verdicts = Verdicts(random => (Version(random, 3, 6_000, MeanMs), Version(random, 1, 6_000, MeanMs * (1 + Terms.Tolerance))));
        Assert.InRange(verdicts[VersionVerdict.Worse], 0, Runs * 0.05);
        Assert.InRange(verdicts[VersionVerdict.Pass], 0, Runs * 0.05);
    }

    /// <summary>
    /// Whole spans are slow by chance, at either version. Counted as single requests, thousands of them would be certain of a difference
    /// that is none.
    /// </summary>
    [Fact]
    public void SlownessThatComesInSpells_IsNotTakenForADifference()
    {
        var verdicts = Verdicts(random =>
            (Version(random, 2, 6_000, MeanMs, spells: 0.15), Version(random, 1, 6_000, MeanMs, spells: 0.15)));
        Assert.InRange(verdicts[VersionVerdict.Worse], 0, Runs * 0.05);
    }

    [Theory]
    [InlineData(0.05, 0, VersionVerdict.Worse)]
    [InlineData(0, 0.2, VersionVerdict.Worse)]
    [InlineData(0, 0, VersionVerdict.Pass)]
    public void MoreFailures_AreWorse_HoweverFast(double failures, double clientErrors, VersionVerdict verdict)
    {
        var verdicts = Verdicts(random => (
            Version(random, 3, 6_000, MeanMs),
            Version(random, 1, 6_000, failures + clientErrors > 0 ? 1 : MeanMs, failures: failures, clientErrors: clientErrors)));
        Assert.InRange(verdicts[verdict], Runs * 0.95, Runs);
    }

    [Fact]
    public void WhatBothGive_IsNoDifference()
    {
        var verdicts = Verdicts(random => (
            Version(random, 3, 20_000, MeanMs, clientErrors: 0.1), Version(random, 1, 20_000, MeanMs, clientErrors: 0.1)));
        Assert.Equal(0, verdicts[VersionVerdict.Worse]);
    }

    [Fact]
    public void CandidateThatAnswersNothing_IsWorse_OnceItsRequestsHaveWaited()
    {
        var random = new Random(1);
        var baseline = Version(random, 3, 3_000, MeanMs);
        var hangs = new VersionSample([]) { Unanswered = 40 };
        Assert.Equal(VersionVerdict.Worse, VersionComparison.Between(baseline, hangs, Terms).Verdict);
        Assert.Equal(VersionVerdict.Inconclusive, VersionComparison.Between(baseline, new([]), Terms).Verdict);
    }

    /// <summary>A millisecond is nothing, even if it is many times as much.</summary>
    [Fact]
    public void SlowerByLessThanAMillisecond_IsNotSlower()
    {
        var verdicts = Verdicts(random => (Version(random, 3, 6_000, 0.05), Version(random, 1, 6_000, 0.2)));
        Assert.Equal(Runs, verdicts[VersionVerdict.Pass]);
    }

    [Fact]
    public void Bounds_HoldAsOftenAsTheySay()
    {
        var (held, p95) = (0, TimeSpan.FromMilliseconds(-Math.Log(0.05) * MeanMs));
        for (var seed = 0; seed < Runs; seed++)
        {
            var version = Version(new(seed), 1, 2_000, MeanMs);
            var bounds = VersionComparison.Between(version, version, Terms).Latency.Baseline;
            if (bounds.Low <= p95 && p95 <= bounds.High) held++;
        }

        Assert.InRange(held, Runs * 0.95, Runs);
    }

    private static Dictionary<VersionVerdict, int> Verdicts(Func<Random, (VersionSample Baseline, VersionSample Candidate)> draw)
    {
        var counts = Enum.GetValues<VersionVerdict>().ToDictionary(verdict => verdict, _ => 0);
        for (var seed = 0; seed < Runs; seed++)
        {
            var (baseline, candidate) = draw(new Random(seed));
            counts[VersionComparison.Between(baseline, candidate, Terms).Verdict]++;
        }

        return counts;
    }

    /// <summary>Exponential latencies.</summary>
    /// <param name="random">The chance.</param>
    /// <param name="pods">Pods of the version.</param>
    /// <param name="requests">Requests of all of them.</param>
    /// <param name="mean">Mean latency in milliseconds.</param>
    /// <param name="spells">Share of the spans in which all of a pod is three times as slow.</param>
    /// <param name="failures">Share of failures.</param>
    /// <param name="clientErrors">Share of client errors.</param>
    private static VersionSample Version(
        Random random, int pods, int requests, double mean, double spells = 0, double failures = 0, double clientErrors = 0)
    {
        var spans = new List<MeasuredSpan>();
        for (var span = 0; span < pods * SpansPerPod; span++)
        {
            var here = mean * (random.NextDouble() < spells ? 3 : 1);
            var count = requests / (pods * SpansPerPod);
            var samples = Enumerable.Range(0, count).Select(_ => TimeSpan.FromMilliseconds(-Math.Log(1 - random.NextDouble()) * here));
            spans.Add(new(LatencyHistogram.FromSamples(samples), Share(failures, count), Share(clientErrors, count)));
        }

        return new(spans);

        long Share(double share, int count) => Enumerable.Range(0, count).Count(_ => random.NextDouble() < share);
    }
}
