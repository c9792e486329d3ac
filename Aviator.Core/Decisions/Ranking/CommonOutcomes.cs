namespace Aviator.Core.Decisions.Ranking;

/// <summary>
/// What the middle endpoint in service does as well, as shares of its answers from 0 to 1. That is the load's, a common cause, or what
/// clients ask for, and it is held against nobody: failing is relative.
/// </summary>
/// <param name="Failures">Answers that <see cref="Failed"/> counts.</param>
/// <param name="ClientErrors">Answers with a status of 400 to 499 other than 429.</param>
internal readonly record struct CommonOutcomes(double Failures, double ClientErrors)
{
    /// <summary>
    /// Client errors count against an endpoint when so large a share of its answers is above what its peers give: a bad release answers
    /// 404 or 401 to all. A smaller share may be what a few clients ask for, whose connections happen to end there.
    /// </summary>
    private const double OddShare = 0.25;

    /// <summary>What the middle one of <paramref name="windows"/> does, the better of two; nothing when there are fewer than two.</summary>
    public static CommonOutcomes Of(IReadOnlyCollection<MeasuredWindow> windows)
    {
        return windows.Count < 2 ? default : new(Middle(Failed), Middle(window => window.Statuses.ClientErrors));

        double Middle(Func<MeasuredWindow, long> count) => SortedNumbers.Of(windows
            .Select(window => Math.Clamp((double)count(window) / window.Latency.Count, 0, 1)))[(windows.Count - 1) / 2];
    }

    /// <summary>Requests that failed or were refused for the load's sake (429).</summary>
    public static long Failed(MeasuredWindow window) => window.Failures + window.Statuses.Throttled;

    /// <summary>
    /// Failures of a window, and client errors that are the endpoint's own: an answer without service, however fast it is.
    /// </summary>
    public long CountFailures(MeasuredWindow window)
    {
        var odd = window.Statuses.ClientErrors - MostOf(window.Latency.Count, ClientErrors);
        return Failed(window) + (odd > window.Latency.Count * OddShare ? odd : 0);
    }

    /// <summary>Of so many answers, those failures that are no more than what the middle endpoint has too.</summary>
    public long CountCommon(long answers) => MostOf(answers, Failures);

    /// <summary>The most answers that a share can explain: a fifth above it, and three standard errors.</summary>
    private static long MostOf(long answers, double share) =>
        share <= 0 ? 0 : (long)Math.Ceiling((answers * share * 1.2) + (3 * Math.Sqrt(answers * share)));
}
