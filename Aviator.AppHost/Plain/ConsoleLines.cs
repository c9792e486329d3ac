namespace Aviator.AppHost.Plain;

/// <summary>The console that all parts share: whole lines, each with its part's name before it.</summary>
/// <param name="output">Where they go.</param>
internal sealed class ConsoleLines(TextWriter output)
{
    private const int NameWidth = 10;
    private readonly Lock _lock = new();

    /// <summary>Writes a line of a part.</summary>
    public void Write(string name, string line)
    {
        lock (_lock) output.WriteLine($"{name.PadRight(NameWidth)} | {line}");
    }

    /// <summary>Writes a line of the host itself.</summary>
    public void Say(string line) => Write("host", line);
}
