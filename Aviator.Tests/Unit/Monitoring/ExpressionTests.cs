using System.Text.RegularExpressions;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Tests.Fixtures.Monitoring;
using Xunit;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>
/// Every name in rules and dashboards is one that the programs expose: an expression with a wrong name is no error to Prometheus, it is
/// an alert that never fires.
/// </summary>
public sealed partial class ExpressionTests(Exposition exposition) : IClassFixture<Exposition>
{
    /// <summary>Labels that Prometheus gives a target; the rest are the programs' own.</summary>
    private static readonly string[] OfTargets = ["job", "instance", "namespace", "le"];

    /// <summary>Labels with few values, all of which are there from the start.</summary>
    private static readonly string[] Closed = ["state", "outcome", "kind", "condition", "otel_scope_name"];

    public static TheoryData<string, string, string> Expressions()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var alert in MonitoringFiles.Alerts()) rows.Add(alert.Name, alert.Expression, string.Join(' ', alert.Annotations.Values));
        foreach (var file in MonitoringFiles.Dashboards)
            foreach (var query in MonitoringFiles.Queries(MonitoringFiles.Dashboard(file)))
                rows.Add($"{Path.GetFileName(file)}: {query.Panel}", query.Expression, query.Legend);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Expression_OfRulesAndDashboards_NamesWhatIsExposed(string place, string expression, string text)
    {
        var query = PromQl.Read(expression);
        Assert.NotEmpty(query.Selectors);
        var labels = new HashSet<string>(OfTargets);
        foreach (var (metric, matchers) in query.Selectors)
        {
            var exposed = exposition.Labels(metric);
            Assert.True(exposed is not null, $"{place}: nothing exposes {metric}");
            labels.UnionWith(exposed.Keys);
            foreach (var matcher in matchers)
            {
                Assert.True(exposed.ContainsKey(matcher.Label) || OfTargets.Contains(matcher.Label),
                    $"{place}: {metric} has no label {matcher.Label}");
                foreach (var value in matcher.Value.Split('|').Where(_ => Closed.Contains(matcher.Label)))
                    Assert.True(exposed[matcher.Label].Contains(value), $"{place}: {metric} has no {matcher.Label}={value}");
                foreach (var value in matcher.Value.Split('|').Where(_ => metric == "aviator_policy_reason" && matcher.Label == "reason"))
                    Assert.Contains(value, Reasons());
            }
        }

        var used = query.Groupings.Concat(LabelPattern().Matches(text).Select(match => match.Groups[1].Value));
        Assert.All(used, label => Assert.True(labels.Contains(label), $"{place}: no metric in it has the label {label}"));
    }

    [Theory]
    [InlineData("sum by (job) (rate(a_total{x=\"y\"}[5m])) / on (job) group_left (z) b > 1", "a_total x=y; b ")]
    [InlineData("max(max_over_time(a{x=~\"p|q\",z!=\"{\"}[$__range])) and absent(b) == 0", "a x=~p|q z!={; b ")]
    [InlineData("histogram_quantile(0.99, sum by (le) (rate(a_bucket{namespace=~\"$namespace\"}[5m])))", "a_bucket namespace=~$namespace")]
    public void Read_AnExpression_FindsItsSelectors(string expression, string expected) => Assert.Equal(expected, string.Join("; ",
        PromQl.Read(expression).Selectors.Select(selector =>
            $"{selector.Metric} {string.Join(' ', selector.Matchers.Select(m => m.Label + m.Operator + m.Value))}")));

    private static HashSet<string> Reasons() =>
    [
        .. new[] { typeof(ConditionReason), typeof(DecisionReason) }
            .SelectMany(type => type.GetFields()).Select(field => (string)field.GetRawConstantValue()!),
        .. Enum.GetNames<SteeringPhase>(),
    ];

    [GeneratedRegex(@"\{\{ *(?:\$labels\.)?(\w+)")]
    private static partial Regex LabelPattern();
}
