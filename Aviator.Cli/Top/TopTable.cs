using Aviator.Cli.Figures;
using Aviator.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Aviator.Cli.Top;

/// <summary>The table of pods.</summary>
internal static class TopTable
{
    /// <summary>Columns from which on the reasons fit.</summary>
    private const int WideEnough = 120;

    /// <summary>Draws it; in a terminal no more rows than fit, since a live table cannot be scrolled.</summary>
    public static IRenderable Of(Session session, FigureReading reading)
    {
        var (printer, isTerminal) = (session.Printer, session.Host.IsTerminal);
        var withReason = printer.IsWide || printer.Console.Profile.Width >= WideEnough;
        var (all, many) = (session.Scope is null, reading.Policies.Count != 1);
        var columns = new Output.Columns().Text(all ? ["NAMESPACE"] : []).Text(many ? ["SERVICE"] : []).Text("POD", "STATE")
            .Numbers("P50", "P99", "IN FLIGHT", "SHARE", "WEIGHT", "SAMPLES");
        if (withReason) columns.Text("REASON");

        var rows = reading.Policies.SelectMany(policy => policy.ByWeightOfTheMatter().Select(endpoint => (policy, endpoint))).ToList();
        // The heading, the line below the table, and the one in which the cursor stands.
        var room = isTerminal ? Math.Max(5, printer.Console.Profile.Height - 4) : rows.Count;
        foreach (var (policy, endpoint) in rows.Take(room)) columns.Row([.. Cells(policy, endpoint)]);
        var below = $"{Summary(reading, rows.Count, Math.Min(room, rows.Count))} Source: {reading.Source}.";
        return rows.Count == 0
            ? new Rows(new Text($"No policy here lists a pod yet. Source: {reading.Source}."))
            : new Rows(columns.ToTable(), new Markup($"[grey]{Markup.Escape(below)}[/]"));

        IEnumerable<Cell> Cells(PolicyFigures policy, EndpointFigures endpoint)
        {
            if (all) yield return policy.Namespace;
            if (many) yield return policy.Service;
            yield return endpoint.Pod;
            yield return new(endpoint.State, StateColor.Of(endpoint.State));
            yield return Words.Latency(endpoint.P50);
            yield return Words.Latency(endpoint.P99);
            yield return FormattableString.Invariant($"{endpoint.InFlight:0.#}");
            yield return Words.Percent(endpoint.Share);
            yield return endpoint.Weight is { } weight ? FormattableString.Invariant($"{weight:0.##}") : null;
            yield return Words.Count(endpoint.Samples);
            if (withReason) yield return endpoint.Reason;
        }
    }

    private static string Summary(FigureReading reading, int rows, int shown)
    {
        var total = reading.Policies.Sum(policy => Math.Max(policy.Total, policy.Endpoints.Count));
        var fitted = shown < rows ? $"{shown} of {rows} rows fit" : $"{rows} of {total} pods";
        return $"{fitted}.";
    }
}
