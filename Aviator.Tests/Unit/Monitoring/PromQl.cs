using System.Text.RegularExpressions;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>One matcher of a selector: <c>state="active"</c>.</summary>
internal sealed record Matcher(string Label, string Operator, string Value);

/// <summary>
/// What one expression asks Prometheus for. Not a parser: it finds the names, which is what can be wrong without a sound.
/// </summary>
internal sealed partial class PromQl
{
    private static readonly HashSet<string> Words = ["by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
        "bool", "offset"];

    private PromQl(IReadOnlyList<(string Metric, IReadOnlyList<Matcher> Matchers)> selectors, IReadOnlySet<string> groupings) =>
        (Selectors, Groupings) = (selectors, groupings);

    /// <summary>The metrics that it selects, each with what it asks of their labels.</summary>
    public IReadOnlyList<(string Metric, IReadOnlyList<Matcher> Matchers)> Selectors { get; }

    /// <summary>The labels by which it groups or matches.</summary>
    public IReadOnlySet<string> Groupings { get; }

    /// <summary>Reads an expression. Variables of a dashboard may stand in it.</summary>
    public static PromQl Read(string expression)
    {
        var groupings = new HashSet<string>();
        var rest = GroupingPattern().Replace(expression, match =>
        {
            groupings.UnionWith(match.Groups["labels"].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
            return " ";
        });
        // Ranges ([5m], [$__rate_interval]) hold no names.
        rest = RangePattern().Replace(rest, "");
        var selectors = new List<(string, IReadOnlyList<Matcher>)>();
        foreach (Match match in SelectorPattern().Matches(rest))
        {
            var name = match.Groups["name"].Value;
            if (match.Groups["call"].Success || Words.Contains(name)) continue;
            selectors.Add((name, [.. MatcherPattern().Matches(match.Groups["matchers"].Value)
                .Select(matcher => new Matcher(matcher.Groups[1].Value, matcher.Groups[2].Value, matcher.Groups[3].Value))]));
        }

        return new(selectors, groupings);
    }

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex GroupingPattern();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex RangePattern();

    [GeneratedRegex("""(?<![\w."$])(?<name>[a-zA-Z_:][\w:]*)(?<call>\s*\()?(\{(?<matchers>(?:[^}"]|"[^"]*")*)\})?""")]
    private static partial Regex SelectorPattern();

    [GeneratedRegex("""(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"[\s,]*""")]
    private static partial Regex MatcherPattern();
}
