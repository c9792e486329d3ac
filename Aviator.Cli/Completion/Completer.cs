using System.CommandLine.Completions;

namespace Aviator.Cli.Completion;

/// <summary>
/// <c>__complete WORDS</c>: what could stand in place of the last word, one a line with a tab and its description. The scripts of the
/// shells call it, and kubectl's <c>kubectl_complete-aviator</c>, which wants the line <c>:4</c> at the end: no names of files.
/// </summary>
internal static class Completer
{
    /// <summary>The first word of such a command line.</summary>
    public const string Word = "__complete";

    private const string NoFiles = ":4";

    /// <summary>Writes them.</summary>
    /// <param name="words">The words so far, without the program's name; the last one is being written, and may be empty.</param>
    /// <param name="host">Takes them.</param>
    public static int Run(IReadOnlyList<string> words, CliHost host)
    {
        var last = words.Count > 0 ? words[^1] : "";
        var line = string.Join(' ', words.Take(words.Count - 1).Select(Quoted).Append(last));
        var items = CommandLine.Root(host).Parse(line).GetCompletions(line.Length)
            .Where(item => item.Label.StartsWith(last, StringComparison.Ordinal))
            // Options only where one begins: among names they would be in the way.
            .Where(item => last.StartsWith('-') || item.Label[0] is not ('-' or '/'))
            .DistinctBy(item => item.Label);
        foreach (var item in items) host.Out.Write($"{Row(item)}\n");
        host.Out.Write($"{NoFiles}\n");
        return ExitCode.Fine;
    }

    private static string Row(CompletionItem item) => item.Detail is { Length: > 0 } detail && detail != item.Label
        ? $"{item.Label}\t{detail.Split('\n')[0]}"
        : item.Label;

    private static string Quoted(string word) => word.Length == 0 || word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word;
}
