using Aviator.Controller.Analysis;
using Xunit;

namespace Aviator.Tests.Unit.Analysis;

/// <summary>The question for a comparison, as it is written.</summary>
public sealed class AnalysisQueryTests
{
    [Fact]
    public void Nothing_IsTheDefaults()
    {
        var query = AnalysisQuery.Read(_ => null, out var faults)!;
        Assert.Empty(faults);
        Assert.Null(query.Candidate);
        Assert.Null(query.Baseline);
        Assert.Equal((TimeSpan.FromMinutes(1), false), (query.Window, query.PassesInconclusive));
        Assert.Equal(new(), query.Terms);
    }

    [Fact]
    public void Everything_IsRead()
    {
        var query = Read(
            ("candidate", "version=v2"), ("baseline", "version in (v1,v0)"), ("window", "2m"), ("percentile", "99"), ("tolerance", "50"),
            ("failureTolerance", "0.5"), ("confidence", "99"), ("inconclusive", "pass")).Query!;
        Assert.Equal(("version=v2", "version in (v1,v0)"), ($"{query.Candidate}", $"{query.Baseline}"));
        Assert.Equal((TimeSpan.FromMinutes(2), true), (query.Window, query.PassesInconclusive));
        Assert.Equal(
            (0.99, 0.5, 0.005, 0.99),
            (query.Terms.Quantile, query.Terms.Tolerance, query.Terms.FailureTolerance, query.Terms.Confidence));
    }

    [Theory]
    [InlineData("candidate", "=v2", "candidate: \"=v2\" is no label selector; write one such as version=v2")]
    [InlineData("baseline", "a b", "baseline: \"a b\" is no label selector; write one such as version=v2")]
    [InlineData("window", "9s", "window: 9s is out of range; use 10s to 1h")]
    [InlineData("window", "a minute", "window: \"a minute\" has no number at character 1; write a duration such as 1m30s")]
    [InlineData("percentile", "100", "percentile: \"100\" is not a number from 50 to 99.9")]
    [InlineData("percentile", "p99", "percentile: \"p99\" is not a number from 50 to 99.9")]
    [InlineData("tolerance", "-1", "tolerance: \"-1\" is not a number from 0 to 1000")]
    [InlineData("tolerance", "NaN", "tolerance: \"NaN\" is not a number from 0 to 1000")]
    [InlineData("failureTolerance", "101", "failureTolerance: \"101\" is not a number from 0 to 100")]
    [InlineData("confidence", "0.95", "confidence: \"0.95\" is not a number from 80 to 99.9")]
    [InlineData("inconclusive", "yes", "inconclusive: \"yes\" is not known; use pass or fail")]
    public void WhatCannotBeRead_IsNamedWithTheFix(string name, string text, string fault)
    {
        var (query, faults) = Read((name, text));
        Assert.Null(query);
        Assert.Equal([fault], faults);
    }

    [Fact]
    public void EveryFault_IsNamed() =>
        Assert.Equal(2, Read(("window", "1d"), ("confidence", "all"), ("percentile", "90")).Faults.Count);

    private static (AnalysisQuery? Query, IReadOnlyList<string> Faults) Read(params (string Name, string Text)[] values)
    {
        var texts = values.ToDictionary(value => value.Name, value => value.Text);
        var query = AnalysisQuery.Read(texts.GetValueOrDefault, out var faults);
        return (query, faults);
    }
}
