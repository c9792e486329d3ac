using Aviator.Tests.Tooling;

namespace Aviator.Tests.Fixtures.Monitoring;

/// <summary>Both dashboards as a Prometheus answers them.</summary>
internal static class Rendering
{
    /// <summary>Waits until every query of both dashboards has a series; what has none in time is in the failure's message.</summary>
    /// <param name="prometheus">Where to ask.</param>
    /// <param name="limit">The longest wait.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>What each query gave, in the order of the panels.</returns>
    /// <exception cref="InvalidOperationException">Prometheus refuses a query.</exception>
    public static async Task<IReadOnlyList<(DashboardQuery Query, IReadOnlyList<Sample> Series)>> CompleteAsync(
        PrometheusServer prometheus, TimeSpan limit, CancellationToken stop)
    {
        List<(DashboardQuery Query, IReadOnlyList<Sample> Series)> answers = [];
        var scrapes = "";
        await Waiting.UntilAsync("every query of the dashboards to have a series", limit, async () =>
        {
            answers.Clear();
            foreach (var (_, query) in MonitoringFiles.AllQueries())
                answers.Add((query, await prometheus.QueryAsync(query.Filled(), stop)));
            scrapes = await prometheus.ScrapesAsync(stop);
            return answers.TrueForAll(answer => answer.Series.Count > 0);
        }, stop, Empty, TimeSpan.FromSeconds(1));
        return answers;

        string Empty() => $"scraped:\n{scrapes}\nempty are " + string.Join("; ",
            answers.Where(answer => answer.Series.Count == 0).Select(answer => $"{answer.Query.Panel}: {answer.Query.Filled()}"));
    }
}
