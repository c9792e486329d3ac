using System.Globalization;
using Aviator.Controller.Cluster;
using Aviator.Core;
using Aviator.Core.Comparisons;

namespace Aviator.Controller.Analysis;

/// <summary>Which versions are to be compared, and by what.</summary>
internal sealed record AnalysisQuery
{
    /// <summary>The names of all that can be asked for.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["candidate", "baseline", "window", "percentile", "tolerance", "failureTolerance", "confidence", "inconclusive"];

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    /// <summary>Pods of the new version; null for those of the policy's canary.</summary>
    public LabelSelector? Candidate { get; private init; }

    /// <summary>Pods of the version in use; null for all others.</summary>
    public LabelSelector? Baseline { get; private init; }

    /// <summary>How far back, 10 s to 1 h.</summary>
    public TimeSpan Window { get; private init; } = TimeSpan.FromMinutes(1);

    /// <summary>What the candidate is held to.</summary>
    public ComparisonTerms Terms { get; private init; } = new();

    /// <summary>Whether a webhook that asks is told yes while nothing is certain.</summary>
    public bool PassesInconclusive { get; private init; }

    /// <summary>Reads a query.</summary>
    /// <param name="valueOf">The text of a name; null or empty where it is not given.</param>
    /// <param name="faults">One sentence for each fault, beginning with the name.</param>
    /// <returns>Null when there is a fault.</returns>
    public static AnalysisQuery? Read(Func<string, string?> valueOf, out IReadOnlyList<string> faults)
    {
        var found = new List<string>();
        faults = found;
        var (defaults, terms) = (new AnalysisQuery(), new ComparisonTerms());
        var query = new AnalysisQuery
        {
            Candidate = Selector("candidate"),
            Baseline = Selector("baseline"),
            Window = Window(defaults.Window),
            Terms = terms with
            {
                Quantile = Number("percentile", terms.Quantile * 100, 50, 99.9) / 100,
                Tolerance = Number("tolerance", terms.Tolerance * 100, 0, 1000) / 100,
                FailureTolerance = Number("failureTolerance", terms.FailureTolerance * 100, 0, 100) / 100,
                Confidence = Number("confidence", terms.Confidence * 100, 80, 99.9) / 100,
            },
            PassesInconclusive = Inconclusive(),
        };
        return found.Count == 0 ? query : null;

        string? Text(string name) => valueOf(name) is { Length: > 0 } text ? text : null;

        LabelSelector? Selector(string name)
        {
            if (Text(name) is not { } text) return null;
            var selector = LabelSelector.Parse(text);
            if (selector is null) found.Add($"{name}: \"{text}\" is no label selector; write one such as version=v2");
            return selector;
        }

        TimeSpan Window(TimeSpan usual)
        {
            if (Text("window") is not { } text) return usual;
            if (!GoDuration.TryParse(text, out var window, out var error)) found.Add($"window: {error}");
            else if (window < ShortestWindow || window > LongestWindow) found.Add($"window: {text} is out of range; use 10s to 1h");
            return window;
        }

        double Number(string name, double usual, double least, double most)
        {
            if (Text(name) is not { } text) return usual;
            var read = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
            if (read && number >= least && number <= most) return number;
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: \"{text}\" is not a number from {least} to {most}"));
            return usual;
        }

        bool Inconclusive()
        {
            if (Text("inconclusive") is not { } text) return false;
            if (text is not ("pass" or "fail")) found.Add($"inconclusive: \"{text}\" is not known; use pass or fail");
            return text == "pass";
        }
    }
}
