using System.Globalization;
using System.Text;

namespace Aviator.Simulation;

/// <summary>One scenario as a picture: the p99 of each arm on a logarithmic scale, with the least and the most of the seeds.</summary>
internal static class Plot
{
    private const int Width = 760;
    private const int Left = 170;
    private const int Right = 700;
    private const int Top = 74;
    private const int Row = 24;

    public static string Write(ScenarioResult result)
    {
        var p99 = Enumerable.Range(0, result.Arms.Count).Select(arm => result.Of(arm, figures => figures.P99)).ToList();
        var scale = new LogScale(p99.Min(spread => spread.Least), p99.Max(spread => spread.Most));
        var (bottom, svg) = (Top + (Row * p99.Count), new StringBuilder());
        var title = $"{result.Scenario.Name}: p99 of each balancer, in milliseconds";
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {bottom + 44}" role="img" font-family="Helvetica, sans-serif">
            <title>{title}</title>
            <style>.t{"{"}font-size:16px;font-weight:bold;fill:#1f2933{"}"}.b{"{"}font-size:13px;fill:#1f2933{"}"}
            .s{"{"}font-size:12px;fill:#52606d{"}"}.m{"{"}text-anchor:middle{"}"}.e{"{"}text-anchor:end{"}"}</style>
            <rect width="{Width}" height="{bottom + 44}" rx="10" fill="#ffffff" stroke="#cbd2d9"/>
            <text class="t" x="20" y="30">{result.Scenario.Name}</text>
            <text class="s" x="20" y="50">p99 in milliseconds, mean and range of {result.Figures.Length} seeds; less is better</text>

            """);
        foreach (var mark in scale.Marks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <path d="M{scale.X(mark):0.0} {Top - 8}V{bottom}" stroke="#e4e7eb"/>
                <text class="s m" x="{scale.X(mark):0.0}" y="{bottom + 18}">{mark:0.##}</text>

                """);
        }

        for (var arm = 0; arm < p99.Count; arm++)
        {
            var (y, spread) = (Top + (Row * arm) + 8, p99[arm]);
            var colour = result.Arms[arm].Mode is null ? "#7b8794" : "#035388";
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text class="b e" x="{Left - 14}" y="{y + 4}">{result.Arms[arm].Name}</text>
                <path d="M{scale.X(spread.Least):0.0} {y}H{scale.X(spread.Most):0.0}" stroke="{colour}" stroke-width="3"/>
                <circle cx="{scale.X(spread.Mean):0.0}" cy="{y}" r="5" fill="{colour}"/>
                <text class="s" x="{scale.X(spread.Most) + 10:0.0}" y="{y + 4}">{spread.Mean:0.#}</text>

                """);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private sealed class LogScale
    {
        private readonly double _from;
        private readonly double _to;

        public LogScale(double least, double most)
        {
            double[] steps = [1, 2, 5];
            var all = Enumerable.Range(-1, 8).SelectMany(power => steps.Select(step => step * Math.Pow(10, power))).ToList();
            (_from, _to) = (all.Last(mark => mark <= least), all.First(mark => mark >= most));
            Marks = [.. all.Where(mark => mark >= _from && mark <= _to)];
        }

        public IReadOnlyList<double> Marks { get; }

        public double X(double value) => Left + ((Right - Left) * Math.Log(value / _from) / Math.Log(_to / _from));
    }
}
