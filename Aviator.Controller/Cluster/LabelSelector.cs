using System.Text.RegularExpressions;
using Aviator.Core.Slices;

namespace Aviator.Controller.Cluster;

/// <summary>A label selector as clients send it to an API server: <c>service=web,policy in (a,b),!zone</c>. Immutable.</summary>
internal sealed partial class LabelSelector
{
    private const int LongestText = 4096;

    private readonly IReadOnlyList<Requirement> _requirements;
    private readonly string _text;

    private LabelSelector(string text, IReadOnlyList<Requirement> requirements) => (_text, _requirements) = (text, requirements);

    /// <summary>The selector of all that have a set of labels.</summary>
    public static LabelSelector Of(LabelSet labels) =>
        new(labels.ToString(), [.. labels.All.Select(label => new Requirement(label.Key, [label.Value], IsNegative: false))]);

    /// <summary>Reads a selector; an empty one selects everything.</summary>
    /// <param name="text">The selector.</param>
    /// <returns>Null when it cannot be read.</returns>
    public static LabelSelector? Parse(string? text)
    {
        var requirements = new List<Requirement>();
        if (string.IsNullOrWhiteSpace(text)) return new("", requirements);
        if (text.Length > LongestText) return null;
        for (var at = 0; at <= text.Length;)
        {
            var match = Pattern().Match(text, at);
            if (!match.Success) return null;
            requirements.Add(Read(match));
            // Behind the comma, or behind the end.
            at = match.Index + match.Length + (match.Groups["end"].Value.Length == 0 ? 1 : 0);
        }

        return new(text, requirements);
    }

    /// <summary>Whether labels meet every requirement.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) => Matches(key => labels.GetValueOrDefault(key));

    /// <inheritdoc cref="Matches(IReadOnlyDictionary{string, string})"/>
    public bool Matches(LabelSet labels) => Matches(labels.Get);

    /// <summary>As it was written.</summary>
    public override string ToString() => _text;

    private bool Matches(Func<string, string?> label) => _requirements.All(requirement =>
    {
        var value = label(requirement.Key);
        var listed = value is not null && (requirement.Values is null || requirement.Values.Contains(value, StringComparer.Ordinal));
        return listed != requirement.IsNegative;
    });

    private static Requirement Read(Match match)
    {
        var (key, equality, set) = (match.Groups["key"].Value, match.Groups["equality"].Value, match.Groups["set"].Value);
        if (set.Length > 0) return new(key, match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries), set == "notin");
        if (equality.Length > 0) return new(key, [match.Groups["value"].Value], equality == "!=");
        return new(key, null, match.Groups["absent"].Success);
    }

    [GeneratedRegex(
        @"\G\s*(?:(?<absent>!)\s*(?<key>[A-Za-z0-9][\w./-]*)
          |(?<key>[A-Za-z0-9][\w./-]*)\s*
            (?:(?<equality>==?|!=)\s*(?<value>[\w.-]*)|(?<set>in|notin)\s*\((?<values>[\w.,\s-]*)\))?)
          \s*(?<end>,|\z)",
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();

    /// <param name="Key">The label.</param>
    /// <param name="Values">The values of which it must have one; null for any.</param>
    /// <param name="IsNegative">Whether it must not.</param>
    private sealed record Requirement(string Key, IReadOnlyList<string>? Values, bool IsNegative);
}
