using System.Text;

namespace Aviator.Cli.Output;

/// <summary>
/// Leaves out the blanks at the ends of lines: Spectre.Console fills every column, and what is piped into a file or a comparison should not
/// have them.
/// </summary>
/// <param name="inner">Takes the rest; not disposed here.</param>
internal sealed class TrimmedWriter(TextWriter inner) : TextWriter
{
    private int _blanks;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (value == ' ')
        {
            _blanks++;
            return;
        }

        if (value is not ('\n' or '\r'))
            for (; _blanks > 0; _blanks--) inner.Write(' ');
        _blanks = 0;
        inner.Write(value);
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();
}
