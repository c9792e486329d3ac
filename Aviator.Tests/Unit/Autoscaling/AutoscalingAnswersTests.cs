using System.Text;
using Aviator.Controller.Autoscaling;
using Aviator.Controller.Cluster;
using Aviator.Core.Decisions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>What is answered, byte for byte: the forms are those that API servers written in Go give, and their clients take.</summary>
public sealed class AutoscalingAnswersTests
{
    private static readonly LabelSelector Everything = LabelSelector.Parse("")!;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero));
    private readonly FigureKeeper _keeper;

    public AutoscalingAnswersTests() => _keeper = new(_time);

    [Fact]
    public void Discovery_OfTheVersion_IsAnAPIResourceListOfTheMetrics()
    {
        Assert.StartsWith(
            """{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"external.metrics.k8s.io/v1beta1","resources":[""" +
            """{"name":"aviator_p99_milliseconds","singularName":"","namespaced":true,"kind":"ExternalMetricValueList","verbs":["get"]},""",
            Text(AutoscalingAnswers.Resources), StringComparison.Ordinal);
        Assert.Equal(
            """{"kind":"APIGroup","apiVersion":"v1","name":"external.metrics.k8s.io","versions":[""" +
            """{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}]""" +
            ""","preferredVersion":{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}""",
            Text(AutoscalingAnswers.Group));
    }

    [Fact]
    public void Metric_OfASelectedService_IsAListWithItsQuantity()
    {
        new MeasuredService("web").Evaluate(_keeper, 16.69, new(120.5, 7, 0.25));
        new MeasuredService("cart").Evaluate(_keeper, 500, new(3, 0, null));

        Assert.Equal(
            """{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[""" +
            """{"metricName":"aviator_p99_milliseconds","metricLabels":{"service":"web","policy":"web-policy"}""" +
            ""","timestamp":"2026-03-04T05:06:07Z","value":"16690m"}]}""",
            Metric("aviator_p99_milliseconds", "service=web"));
    }

    [Theory]
    [InlineData("aviator_p99_milliseconds", "\"500\" \"16690m\"")]
    [InlineData("aviator_requests_in_flight", "\"0\" \"7\"")]
    [InlineData("aviator_requests_per_second", "\"3\" \"120500m\"")]
    [InlineData("aviator_unused_capacity_ratio", "\"250m\"")]
    [InlineData("aviator_used_capacity_ratio", "\"750m\"")]
    public void Metric_OfANamespace_IsThatOfEachServiceOfWhichItIsKnown(string metric, string values)
    {
        new MeasuredService("web").Evaluate(_keeper, 16.69, new(120.5, 7, 0.25));
        new MeasuredService("cart").Evaluate(_keeper, 500, new(3, 0, null));
        new MeasuredService("web", "bank").Evaluate(_keeper, 1, new(1, 1, 1));

        var written = Metric(metric, "").Split("\"value\":").Skip(1).Select(end => end[..end.IndexOf('}', StringComparison.Ordinal)]);

        Assert.Equal(values, string.Join(' ', written));
    }

    /// <summary>
    /// An HPA may be there before its Service, its policy or its traffic: it is told that there is nothing, never an error.
    /// </summary>
    [Theory]
    [InlineData("service=unheard-of")]
    [InlineData("service=new")]
    public void Metric_OfAServiceWithoutFigures_IsAnEmptyList(string selector)
    {
        new MeasuredService("new").Evaluate(_keeper, null, null);
        foreach (var metric in ExternalMetric.All)
            Assert.Equal(
                """{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[]}""",
                Metric(metric.Name, selector));
    }

    [Fact]
    public void Service_WithFigures_IsFlatJson()
    {
        new MeasuredService("web").Evaluate(_keeper, 16.694, new(120.5, 7, 0.25));
        _time.Advance(TimeSpan.FromSeconds(2.5));

        Assert.Equal(
            """{"namespace":"shop","service":"web","policy":"web-policy","p99Milliseconds":16.69,"requestsInFlight":7""" +
            ""","requestsPerSecond":120.5,"unusedCapacity":0.25,"usedCapacity":0.75,"ageSeconds":2.5}""",
            Service("web"));
    }

    /// <summary>KEDA takes what is left out for an error and keeps the number of pods; a zero would take them away.</summary>
    [Fact]
    public void Service_WithoutFigures_LeavesThemOut_AndSaysWhy()
    {
        new MeasuredService("partly").Evaluate(_keeper, 20, null);
        Assert.Equal(
            """{"namespace":"shop","service":"web","reason":"No policy has this Service, or it was not evaluated of late."}""",
            Service("web"));
        Assert.Equal(
            """{"namespace":"shop","service":"partly","policy":"partly-policy","p99Milliseconds":20,"ageSeconds":0""" +
            ""","reason":"A part of the load is not counted, so no sum is given (docs/autoscaling.md)."}""",
            Service("partly"));
    }

    [Fact]
    public void Refusal_IsAStatus() => Assert.Equal(
        """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"No.","reason":"Forbidden","code":403}""",
        Text(AutoscalingAnswers.Refusal(403, "No.")));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(2, "2")]
    [InlineData(0.0004, "0")]
    [InlineData(0.0006, "1m")]
    [InlineData(1.5, "1500m")]
    [InlineData(-3, "0")]
    [InlineData(123456789.001, "123456789001m")]
    [InlineData(double.PositiveInfinity, "9223372036854")]
    public void Quantity_OfAValue_IsInThousandths(double value, string written)
    {
        var quantity = ExternalMetric.Quantity(value);
        if (double.IsFinite(value)) Assert.Equal(written, quantity);
        else Assert.StartsWith(written, quantity, StringComparison.Ordinal);
    }

    /// <summary>Failures count as slower than any answer; the end of the histogram would look like a measurement.</summary>
    [Fact]
    public void P99_ThatNothingAnswered_IsAMinuteAtMost()
    {
        new MeasuredService("web").Evaluate(_keeper, TimeSpan.FromHours(1).TotalMilliseconds, new LoadSummary(1, 1, null));
        Assert.Contains("\"value\":\"60000\"", Metric("aviator_p99_milliseconds", ""), StringComparison.Ordinal);
    }

    private string Metric(string name, string selector) => Text(
        AutoscalingAnswers.Metric(ExternalMetric.Find(name)!, _keeper.In("shop"), LabelSelector.Parse(selector) ?? Everything));

    private string Service(string name) =>
        Text(AutoscalingAnswers.Service(new(new("shop", name)), _keeper.Find(new("shop", name))));

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);
}
