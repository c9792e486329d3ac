using Spectre.Console;

namespace Aviator.Cli.Output;

/// <summary>A list of facts: a word at the left, and beside it a text that keeps to its side where it needs more than one line.</summary>
internal sealed class Facts
{
    private const string Indent = "  ";

    private readonly Table _table = new() { Border = TableBorder.None, ShowHeaders = false };

    /// <param name="width">Columns of the words.</param>
    public Facts(int width)
    {
        _table.AddColumn(new TableColumn("") { Width = Indent.Length + width, NoWrap = true, Padding = new(0, 0, 1, 0) });
        _table.AddColumn(new TableColumn("") { Padding = new(0, 0, 0, 0) });
    }

    /// <summary>Adds one; an empty word continues the one above.</summary>
    public void Add(string what, string text) => _table.AddRow(Indent + Markup.Escape(what), Markup.Escape(text));

    /// <summary>Writes them.</summary>
    public void Write(Printer printer)
    {
        if (_table.Rows.Count > 0) printer.Console.Write(_table);
    }
}
