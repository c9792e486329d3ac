using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Aviator.Demo.Screen;

/// <summary>Shows the pods while traffic moves: a live table on a terminal, a line every few seconds elsewhere (a log, a pipe).</summary>
/// <param name="console">Where to.</param>
internal sealed class LiveView(IAnsiConsole console)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(4);
    private const int BarWidth = 24;

    /// <summary>Announces the next phase.</summary>
    public void Headline(string text)
    {
        console.WriteLine();
        console.MarkupLine($"[bold]== {Markup.Escape(text)}[/]");
    }

    /// <summary>Says one line.</summary>
    public void Say(string text) => console.MarkupLine("   " + Markup.Escape(text));

    /// <summary>Shows the pods until <paramref name="done"/> holds.</summary>
    /// <param name="sample">Gives the rows.</param>
    /// <param name="done">Asked after each sample.</param>
    /// <param name="limit">The longest time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether it was done within the limit.</returns>
    public async Task<bool> WatchAsync(
        Func<CancellationToken, Task<IReadOnlyList<PodRow>>> sample, Func<bool> done, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal)
            return await LoopAsync(sample, done, limit, LineEvery, (rows, elapsed) => Lines(rows, elapsed), cancellationToken);
        return await console.Live(Table([], TimeSpan.Zero)).StartAsync(context =>
            LoopAsync(sample, done, limit, TimeSpan.Zero, (rows, elapsed) =>
                context.UpdateTarget(Table(rows, elapsed)), cancellationToken));
    }

    private static async Task<bool> LoopAsync(
        Func<CancellationToken, Task<IReadOnlyList<PodRow>>> sample, Func<bool> done, TimeSpan limit, TimeSpan showEvery,
        Action<IReadOnlyList<PodRow>, TimeSpan> show, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var shown = -showEvery;
        using var timer = new PeriodicTimer(Refresh);
        do
        {
            var elapsed = Stopwatch.GetElapsedTime(start);
            var isDone = done();
            if (isDone || elapsed - shown >= showEvery)
            {
                show(await sample(cancellationToken), elapsed);
                shown = elapsed;
            }

            if (isDone) return true;
            if (elapsed > limit) return false;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));

        throw new UnreachableException();
    }

    private static Table Table(IReadOnlyList<PodRow> rows, TimeSpan elapsed)
    {
        var table = new Table().RoundedBorder().Caption($"{elapsed.TotalSeconds:0} s");
        foreach (var (name, right) in new[] { ("pod", false), ("set to", true), ("p50 ms", true), ("p99 ms", true), ("RIF", true),
            ("samples", true), ("state", false), ("share of requests", false) })
            table.AddColumn(right ? new TableColumn(name).RightAligned() : new TableColumn(name));
        foreach (var row in rows)
        {
            var bar = new string('█', (int)Math.Round(row.Share * BarWidth));
            table.AddRow(
                Markup.Escape(row.Pod), $"{row.Delay.TotalMilliseconds:0} ms", Number(row.P50Ms), Number(row.P99Ms), Number(row.Rif),
                    Number(row.Samples),
                $"[{Colour(row)}]{Markup.Escape(row.State ?? "-")}[/]", $"[{Colour(row)}]{bar,-BarWidth}[/] {row.Share,6:P1}");
        }

        return table;
    }

    /// <summary>One line a pod, in columns, within the 80 characters that a log is read by.</summary>
    private void Lines(IReadOnlyList<PodRow> rows, TimeSpan elapsed)
    {
        foreach (var (at, row) in rows.Index())
        {
            Say($"{(at == 0 ? $"{elapsed.TotalSeconds:0} s" : ""),4} {row.Pod,-27} {row.Share,6:P0} p50 {Number(row.P50Ms),5} p99 " +
                $"{Number(row.P99Ms),5} " +
                $"rif {Number(row.Rif),2} {row.State ?? "-"}");
        }
    }

    private static string Colour(PodRow row) => row.State is "Unselected" or "Dormant" or "Ejected" ? "red" : "green";

    private static string Number(double? value) => value is { } v ? v.ToString("0.#", CultureInfo.InvariantCulture) : "-";
}
