using Aviator.Demo.Report;
using Spectre.Console;

namespace Aviator.Demo.Screen;

/// <summary>The last thing that the demo prints: the figures side by side and a bar chart.</summary>
internal static class Summary
{
    /// <summary>Prints it.</summary>
    public static void Print(IAnsiConsole console, DemoReport report)
    {
        (string Name, PhaseFigures Figures)[] phases =
            [("before", report.Before), ("after", report.After), ("shifted", report.Shifted), ("released", report.Released)];
        var table = new Table().RoundedBorder().Title("What the client saw");
        table.AddColumn("phase");
        foreach (var name in new[] { "requests", "p50 ms", "p99 ms", "fast pods' p99 ms", "slow pods' share" })
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var (name, f) in phases)
            table.AddRow(name, $"{f.Requests}", $"{f.P50Ms:F1}", $"{f.P99Ms:F1}", $"{f.FastP99Ms:F1}", $"{f.SlowShare:P2}");
        console.WriteLine();
        console.Write(table);
        var chart = new BarChart().Width(72).Label("p99 in ms, all requests");
        foreach (var (name, f) in phases)
            chart.AddItem(name, Math.Round(f.P99Ms, 1), name is "after" or "shifted" ? Color.Green : Color.Red);
        console.Write(chart);
        console.WriteLine();
        console.WriteLine($"Steered in {report.SteerSeconds:F1} s; followed the shift in {report.ShiftSeconds:F1} s; failed requests: " +
            $"{report.FailedRequests}.");
        foreach (var fault in report.Faults) console.MarkupLine($"[red]NOT KEPT: {Markup.Escape(fault)}[/]");
        if (report.Faults.Count == 0) console.MarkupLine("[green]All that the demo promises was kept.[/]");
    }
}
