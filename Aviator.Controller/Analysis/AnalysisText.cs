using System.Globalization;
using Aviator.Core.Comparisons;

namespace Aviator.Controller.Analysis;

/// <summary>Comparisons as they are told. Pure.</summary>
internal static class AnalysisText
{
    private const int ShareDigits = 5;

    /// <summary>What a comparison comes to, in a sentence with its figures: what is worse, else what is not certain, else all.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="candidates">Pods of the candidate.</param>
    /// <param name="terms">What it was held to.</param>
    public static string Explain(VersionComparison comparison, int candidates, ComparisonTerms terms)
    {
        var texts = new (VersionVerdict Verdict, string Text)[]
        {
            (comparison.Latency.Verdict, Latency(comparison.Latency, terms)),
            (comparison.Failures.Verdict, Share("fails", comparison.Failures)),
            (comparison.ClientErrors.Verdict, Share("gives client errors", comparison.ClientErrors)),
        };
        var verdict = comparison.Verdict;
        var sentences = texts.Where(text => text.Verdict == verdict).Select(text => text.Text).ToList();
        if (verdict == VersionVerdict.Inconclusive) sentences.Insert(0, "Not certain yet.");
        // The spread between pods of a version cannot be told from one pod.
        if (verdict == VersionVerdict.Worse && candidates == 1) sentences.Add("It is one pod: its node may be the cause.");
        return string.Join(' ', sentences);
    }

    /// <summary>The figures of a comparison by latency.</summary>
    public static LatencyReport Of(LatencyComparison comparison, ComparisonTerms terms) => new()
    {
        Verdict = VerdictWords.Of(comparison.Verdict),
        Percentile = Math.Round(terms.Quantile * 100, 3),
        BaselineMs = Milliseconds(comparison.Baseline.Value),
        BaselineLowMs = Milliseconds(comparison.Baseline.Low),
        BaselineHighMs = Milliseconds(comparison.Baseline.High),
        CandidateMs = Milliseconds(comparison.Candidate.Value),
        CandidateLowMs = Milliseconds(comparison.Candidate.Low),
        CandidateHighMs = Milliseconds(comparison.Candidate.High),
    };

    /// <summary>The figures of a comparison by a share.</summary>
    public static ShareReport Of(ShareComparison comparison) => new()
    {
        Verdict = VerdictWords.Of(comparison.Verdict),
        Baseline = Rounded(comparison.Baseline.Value),
        BaselineLow = Math.Round(comparison.Baseline.Low, ShareDigits),
        BaselineHigh = Math.Round(comparison.Baseline.High, ShareDigits),
        Candidate = Rounded(comparison.Candidate.Value),
        CandidateLow = Math.Round(comparison.Candidate.Low, ShareDigits),
        CandidateHigh = Math.Round(comparison.Candidate.High, ShareDigits),
    };

    private static string Latency(LatencyComparison comparison, ComparisonTerms terms)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"p{terms.Quantile * 100:0.##}");
        return $"The candidate's {name} is {Between(comparison.Candidate)}, the baseline's {Between(comparison.Baseline)}.";
    }

    private static string Between(LatencyBounds bounds)
    {
        if (bounds.Value is null) return "unknown";
        return bounds.High is { } high
            ? string.Create(
                CultureInfo.InvariantCulture, $"{bounds.Low.TotalMilliseconds:0.#} to {high.TotalMilliseconds:0.#} ms")
            : string.Create(CultureInfo.InvariantCulture, $"at least {bounds.Low.TotalMilliseconds:0.#} ms");
    }

    private static string Share(string does, ShareComparison comparison) => string.Create(
        CultureInfo.InvariantCulture,
        $"The candidate {does} in {comparison.Candidate.Low * 100:0.#} to {comparison.Candidate.High * 100:0.#} % of its answers, "
        + $"the baseline in {comparison.Baseline.Low * 100:0.#} to {comparison.Baseline.High * 100:0.#} %.");

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static double? Milliseconds(TimeSpan? time) => time is { } known ? Milliseconds(known) : null;

    private static double? Rounded(double? share) => share is { } known ? Math.Round(known, ShareDigits) : null;
}
