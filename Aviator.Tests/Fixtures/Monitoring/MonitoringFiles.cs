using System.Text.Json;
using System.Text.RegularExpressions;
using Aviator.Tests.Kit;
using k8s;

namespace Aviator.Tests.Fixtures.Monitoring;

/// <summary>One alert, as its file has it.</summary>
internal sealed record Alert(string Name, string Expression, string Severity, IReadOnlyDictionary<string, string> Annotations);

/// <summary>What deploy/monitoring holds.</summary>
internal static partial class MonitoringFiles
{
    public static string Rules { get; } = Repository.File("deploy/monitoring/rules.yaml");

    public static string RuleTests { get; } = Repository.File("deploy/monitoring/rules.test.yaml");

    public static IReadOnlyList<string> Dashboards { get; } =
        [.. Directory.GetFiles(Path.GetDirectoryName(Rules)! + "/dashboards", "*.json").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<Alert> Alerts() =>
    [
        .. KubernetesYaml.Deserialize<RuleFile>(File.ReadAllText(Rules), strict: true).Groups.SelectMany(group => group.Rules)
            .Select(rule => new Alert(rule.Alert, rule.Expr, rule.Labels.GetValueOrDefault("severity", ""), rule.Annotations)),
    ];

    /// <summary>The alerts that promtool looks at, by whether the case says that they fire.</summary>
    public static ILookup<bool, string> Tested() => TestedPattern().Matches(File.ReadAllText(RuleTests))
        .ToLookup(match => match.Groups["none"].Length == 0, match => match.Groups["alert"].Value);

    public static JsonElement Dashboard(string file) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file));

    /// <summary>The panels, those in rows included.</summary>
    public static IEnumerable<JsonElement> Panels(JsonElement dashboard) => dashboard.GetProperty("panels").EnumerateArray();

    public static IEnumerable<DashboardQuery> Queries(JsonElement dashboard) =>
        from panel in Panels(dashboard)
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select new DashboardQuery(
            panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!,
            target.TryGetProperty("legendFormat", out var legend) ? legend.GetString()! : "");

    /// <summary>The queries behind a dashboard's variables, each as the series that its values come from.</summary>
    public static IEnumerable<DashboardQuery> Variables(JsonElement dashboard) =>
        from variable in dashboard.GetProperty("templating").GetProperty("list").EnumerateArray()
        where variable.GetProperty("type").GetString() == "query"
        let values = LabelValuesPattern().Match(variable.GetProperty("query").GetString()!)
        select new DashboardQuery(
            $"variable {variable.GetProperty("name").GetString()}", $"group by ({values.Groups["label"]}) ({values.Groups["series"]})", "");

    /// <summary>Every query that a dashboard makes, by the dashboard's file name.</summary>
    public static IEnumerable<(string File, DashboardQuery Query)> AllQueries() =>
        from file in Dashboards
        let dashboard = Dashboard(file)
        from query in Variables(dashboard).Concat(Queries(dashboard))
        select (Path.GetFileName(file), query);

    internal sealed class RuleFile
    {
        public List<RuleGroup> Groups { get; set; } = [];
    }

    internal sealed class RuleGroup
    {
        public string Name { get; set; } = "";

        public List<Rule> Rules { get; set; } = [];
    }

    internal sealed class Rule
    {
        public string Alert { get; set; } = "";

        public string Expr { get; set; } = "";

        public string For { get; set; } = "";

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }

    [GeneratedRegex(
        """ALERTS\{alertname="(?<alert>\w+)",alertstate="firing"\}\s+eval_time: \w+\s+exp_samples:[ ]?(?<none>\[\])?""")]
    private static partial Regex TestedPattern();

    [GeneratedRegex(@"^label_values\((?<series>.+), (?<label>\w+)\)$")]
    private static partial Regex LabelValuesPattern();
}
