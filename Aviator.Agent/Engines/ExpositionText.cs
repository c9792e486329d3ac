using System.Buffers.Text;
using System.Text;

namespace Aviator.Agent.Engines;

/// <summary>
/// Reads the few rows that are wanted out of Prometheus' text format (version 0.0.4), without a copy of the rest: an engine's answer has
/// hundreds of rows of histograms. A row that cannot be read is as one that is not there, unless it is a wanted one.
/// </summary>
internal static class ExpositionText
{
    private static ReadOnlySpan<byte> Blank => " \t\r"u8;

    /// <summary>
    /// The values of the gauge's rows, in their order; empty when there is none. A value that is no number is <see cref="double.NaN"/>.
    /// </summary>
    public static List<double> Read(ReadOnlySpan<byte> text, EngineGauge gauge)
    {
        var name = Encoding.UTF8.GetBytes(gauge.Name);
        var values = new List<double>();
        while (text.Length > 0)
        {
            var end = text.IndexOf((byte)'\n');
            var line = (end < 0 ? text : text[..end]).Trim(Blank);
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.StartsWith(name) && Value(line[name.Length..], gauge) is { } value) values.Add(value);
        }

        return values;
    }

    /// <summary>The value behind a metric's name; null when the row is another metric's, or of another kind.</summary>
    private static double? Value(ReadOnlySpan<byte> rest, EngineGauge gauge)
    {
        if (rest.Length == 0 || (rest[0] != '{' && !Blank.Contains(rest[0]))) return null;
        var label = "";
        if (rest[0] == '{' && !TryLabels(ref rest, gauge.Label, out label)) return double.NaN;
        if (gauge.Label is not null && label != gauge.Value) return null;
        rest = rest.Trim(Blank);
        var blank = rest.IndexOfAny(Blank);
        var number = blank < 0 ? rest : rest[..blank]; // a timestamp may follow
        return Utf8Parser.TryParse(number, out double value, out var read) && read == number.Length && double.IsFinite(value)
            ? value
            : double.NaN;
    }

    /// <summary>Steps over the labels in braces, and gives the value of one of them; an empty text where there is no such label.</summary>
    private static bool TryLabels(ref ReadOnlySpan<byte> rest, string? wanted, out string found)
    {
        found = "";
        rest = rest[1..].TrimStart(Blank);
        while (rest.Length > 0 && rest[0] != '}')
        {
            var equals = rest.IndexOf((byte)'=');
            if (equals <= 0) return false;
            var name = rest[..equals].Trim(Blank);
            rest = rest[(equals + 1)..].TrimStart(Blank);
            if (!TryQuoted(ref rest, out var value)) return false;
            if (wanted is not null && name.SequenceEqual(Encoding.UTF8.GetBytes(wanted))) found = Encoding.UTF8.GetString(value);
            rest = rest.TrimStart(Blank);
            if (rest.Length > 0 && rest[0] == ',') rest = rest[1..].TrimStart(Blank);
        }

        if (rest.Length == 0) return false;
        rest = rest[1..];
        return true;
    }

    /// <summary>A text in quotes, as it stands: no value that is looked for has a quote or a backslash in it.</summary>
    private static bool TryQuoted(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (rest.Length == 0 || rest[0] != '"') return false;
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '\\') i++;
            else if (rest[i] == '"')
            {
                value = rest[1..i];
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
