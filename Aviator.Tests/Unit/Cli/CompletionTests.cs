using System.Diagnostics;
using System.Text.RegularExpressions;
using Aviator.Cli;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary>
/// What shells and kubectl are offered, and the scripts by which they ask; and that every page that a message names is there.
/// </summary>
public sealed partial class CompletionTests
{
    [Theory]
    [InlineData("s", "status", "simulate")]
    [InlineData("status|-o|", "table", "wide", "json", "yaml")]
    [InlineData("completion|", "bash", "fish", "powershell", "zsh")]
    [InlineData("top|--in", "--interval")]
    public async Task Complete_OffersWords(string words, params string[] expected) =>
        Assert.Equal(expected.Order(), (await OfferedAsync([.. words.Split('|')])).Order());

    [Theory]
    [InlineData("status", "web")]
    [InlineData("explain", "web-1", "web-2", "web-3", "web-4")]
    [InlineData("release", "web")]
    public async Task Complete_OffersNamesOfTheCluster(string command, params string[] expected)
    {
        await using var world = await Samples.SteeredAsync();
        Assert.Equal(expected, await OfferedAsync("--kubeconfig", world.Kubeconfig, command, "we"));
    }

    [Fact]
    public async Task Complete_WithoutACluster_OffersNothing_AndSaysNothing() =>
        Assert.Empty(await OfferedAsync("--kubeconfig", "/nowhere", "explain", "we"));

    [Fact]
    public async Task BashScript_CompletesACommand()
    {
        var script = await ScriptAsync("bash");
        var start = new ProcessStartInfo("bash", ["-c",
            // The program itself is another test's: here it answers as it does.
            "kubectl-aviator() { printf 'status\\tWhether each policy\\n:4\\n'; }\n" + script
            + "\nCOMP_WORDS=(kubectl-aviator st) COMP_CWORD=1; _kubectl_aviator; echo \"${COMPREPLY[*]}\""])
        {
            RedirectStandardOutput = true,
        };
        using var bash = Process.Start(start)!;
        Assert.Equal("status\n", await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("zsh", "#compdef kubectl-aviator aviator")]
    [InlineData("fish", "complete -c kubectl-aviator")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName kubectl-aviator, aviator")]
    public async Task Script_OfAShell_RegistersTheProgram(string shell, string line) => Assert.Contains(line, await ScriptAsync(shell));

    [Fact]
    public void PagesThatMessagesName_AreThere()
    {
        var sources = Documentation.Tree()
            .Where(file => file.StartsWith("Aviator.Cli/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(file => File.ReadAllText(Repository.File(file)));
        var named = sources.SelectMany(source => Page().Matches(source)).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.True(named.Count > 10, $"Only {named.Count} pages were found in the sources.");
        Assert.DoesNotContain(named, page =>
            page.Split('#') is not [var file, .. var anchor] || !File.Exists(Repository.File($"docs/{file}"))
            || anchor.Any(name =>
                !name.Contains('{', StringComparison.Ordinal) && !new Documentation($"docs/{file}").Anchors.Contains(name)));
    }

    private static async Task<string> ScriptAsync(string shell)
    {
        await using var output = new StringWriter();
        var host = new CliHost { Out = output, Error = TextWriter.Null };
        Assert.Equal(0, await CommandLine.RunAsync(["completion", shell], host, TestContext.Current.CancellationToken));
        return $"{output}";
    }

    private static async Task<IReadOnlyList<string>> OfferedAsync(params string[] words)
    {
        await using var output = new StringWriter();
        var host = new CliHost { Out = output, Error = TextWriter.Null };
        Assert.Equal(0, await CommandLine.RunAsync(["__complete", .. words], host, TestContext.Current.CancellationToken));
        var lines = $"{output}".Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(":4", lines[^1]);
        return [.. lines[..^1].Select(line => line.Split('\t')[0])];
    }

    [GeneratedRegex("""["/]((?:operations/|reference/)?[a-z-]+\.md(?:#[a-z-{]+)?)""")]
    private static partial Regex Page();
}
