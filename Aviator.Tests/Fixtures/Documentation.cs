using System.Text.RegularExpressions;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>One Markdown file of the checkout.</summary>
internal sealed partial class Documentation(string path)
{
    /// <summary>Its path from the checkout's root.</summary>
    public string Path { get; } = path;

    public string Text { get; } = File.ReadAllText(Repository.File(path));

    /// <summary>Every Markdown file that is shipped.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Tree().Where(path => path.EndsWith(".md", StringComparison.Ordinal))];

    /// <summary>Every file of the checkout but what builds and tests leave in it, by path from the root.</summary>
    public static IEnumerable<string> Tree()
    {
        var root = Repository.File("");
        var folders = new Stack<string>([root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var inner in Directory.EnumerateDirectories(folder)
                .Where(inner => System.IO.Path.GetFileName(inner) is not ("bin" or "obj" or ".git" or "artifacts")))
                folders.Push(inner);
            foreach (var file in Directory.EnumerateFiles(folder)) yield return System.IO.Path.GetRelativePath(root, file);
        }
    }

    /// <summary>Where its links point, outside code blocks and off the web left out.</summary>
    public IEnumerable<string> Links =>
        Link().Matches(Prose).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>What stands in backticks and looks like a file.</summary>
    public IEnumerable<string> FileNames => FileName().Matches(Prose).Select(match => match.Groups[1].Value);

    /// <summary>The anchors that GitHub gives its headings.</summary>
    public IReadOnlySet<string> Anchors => Heading().Matches(Prose)
        .Select(match => NotInAnchor().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The words in backticks of a section's tables, its subsections included.</summary>
    public IReadOnlySet<string> CodeIn(string heading)
    {
        var (level, start) = (heading.TakeWhile(sign => sign == '#').Count(), Prose.IndexOf($"{heading}\n", StringComparison.Ordinal));
        if (start < 0) throw new InvalidOperationException($"{Path} has no heading \"{heading}\".");
        var end = Regex.Match(Prose[(start + heading.Length)..], $"^#{{1,{level}}} ", RegexOptions.Multiline);
        var section = end.Success ? Prose.Substring(start, heading.Length + end.Index) : Prose[start..];
        return Code().Matches(section).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What stands in the one code block that holds <paramref name="containing"/>.</summary>
    public string Block(string containing) =>
        Assert.Single(CodeBlock().Matches(Text).Select(match => Fence().Replace(match.Value, "").TrimStart()), block =>
            block.Contains(containing, StringComparison.Ordinal));

    /// <summary>The one command in a sentence that begins with <paramref name="start"/>.</summary>
    public string Command(string start) =>
        Assert.Single(Code().Matches(Prose).Select(match => match.Groups[1].Value), code =>
            code.StartsWith(start, StringComparison.Ordinal));

    private string Prose => field ??= CodeBlock().Replace(Text, "");

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^```\w*\n|^```$", RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([\w./-]+\.(?:cs|sh|c|h|md|yaml))`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex Code();
}
