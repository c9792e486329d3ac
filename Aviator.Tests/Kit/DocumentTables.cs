namespace Aviator.Tests.Kit;

/// <summary>The tables of a Markdown document, for tests that hold it to what it speaks of.</summary>
/// <param name="path">From the checkout's root.</param>
internal sealed class DocumentTables(string path)
{
    private readonly string[] _lines = File.ReadAllLines(Repository.File(path));

    /// <summary>The first cells of all rows under a heading, the header's left out.</summary>
    /// <param name="heading">The heading's whole line.</param>
    /// <param name="header">What the header's first cell says.</param>
    public IEnumerable<string> Rows(string heading, string header) => Section(heading)
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')[1].Trim())
        .Where(cell => cell != header);

    /// <summary>The cells after the first one of the first header under a heading.</summary>
    /// <param name="heading">The heading's whole line.</param>
    /// <param name="header">What its first cell says.</param>
    /// <exception cref="InvalidOperationException">There is no such table.</exception>
    public IEnumerable<string> Columns(string heading, string header) => Section(heading)
        .First(line => line.StartsWith($"| {header} |", StringComparison.Ordinal)).Trim('|').Split('|').Skip(1).Select(cell => cell.Trim());

    private IEnumerable<string> Section(string heading) =>
        _lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith('#'));
}
