using Spectre.Console;

namespace Aviator.Cli.Output;

/// <summary>
/// A table without lines, as kubectl has them: what is in a cell is shown as it is, and a row keeps to one line where it fits.
/// </summary>
internal sealed class Columns
{
    private readonly List<(string Head, bool IsNumber)> _columns = [];
    private readonly List<Cell[]> _rows = [];

    /// <summary>Whether the first line names the columns.</summary>
    public bool AreHeadsShown { get; init; } = true;

    /// <summary>Adds columns of text.</summary>
    public Columns Text(params ReadOnlySpan<string> heads)
    {
        foreach (var head in heads) _columns.Add((head, false));
        return this;
    }

    /// <summary>Adds columns of numbers, which stand at the right.</summary>
    public Columns Numbers(params ReadOnlySpan<string> heads)
    {
        foreach (var head in heads) _columns.Add((head, true));
        return this;
    }

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Row(params Cell[] cells) => _rows.Add(cells);

    /// <summary>What Spectre.Console writes.</summary>
    public Table ToTable()
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = AreHeadsShown };
        for (var at = 0; at < _columns.Count; at++)
        {
            var (head, isNumber) = _columns[at];
            var column = new TableColumn(new Markup($"[bold]{Markup.Escape(head)}[/]")) { Padding = new(0, 0, 2, 0) };
            // The last column is the one for sentences: it alone is broken into lines.
            if (at < _columns.Count - 1 || isNumber) column.NoWrap();
            if (isNumber) column.RightAligned();
            table.AddColumn(column);
        }

        foreach (var row in _rows) table.AddRow(row.Select(cell => (Markup)cell));
        return table;
    }

    /// <summary>Writes it.</summary>
    public void Write(Printer printer) => printer.Console.Write(ToTable());
}

/// <summary>One cell: a text, and its colour.</summary>
/// <param name="Text">The text; null or empty shows as <c>-</c>.</param>
/// <param name="Color">A colour of Spectre.Console.</param>
internal readonly record struct Cell(string? Text, string Color = "default")
{
    public static implicit operator Cell(string? text) => new(text);

    public static explicit operator Markup(Cell cell) =>
        new($"[{cell.Color}]{Markup.Escape(cell.Text is { Length: > 0 } text ? text : "-")}[/]");
}
