namespace Aviator.Cli.Output;

/// <summary>The form of a result.</summary>
internal enum OutputFormat
{
    /// <summary>For people, in the columns that fit.</summary>
    Table,

    /// <summary>For people, in all columns.</summary>
    Wide,

    /// <summary>For programs.</summary>
    Json,

    /// <summary>For programs, and people who like it.</summary>
    Yaml,
}

/// <summary>The words of the formats, as the option takes them.</summary>
internal static class OutputFormats
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> Words { get; } = ["table", "wide", "json", "yaml"];

    /// <summary>Reads one; case does not matter.</summary>
    public static bool TryParse(string text, out OutputFormat format)
    {
        var found = Words.ToList().FindIndex(word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
        format = found < 0 ? default : (OutputFormat)found;
        return found >= 0;
    }
}
