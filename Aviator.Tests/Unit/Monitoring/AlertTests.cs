using System.Text.RegularExpressions;
using Aviator.Tests.Fixtures.Monitoring;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>Each alert says what is wrong, leads to what to do, and is tested in both directions.</summary>
public sealed partial class AlertTests
{
    private const string Document = "docs/operations/alerts.md";

    public static TheoryData<string> Names() => [.. MonitoringFiles.Alerts().Select(alert => alert.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Alert_Each_SaysHowUrgentItIsAndWhatIsWrong(string name)
    {
        var alert = Find(name);
        Assert.StartsWith("Aviator", name, StringComparison.Ordinal);
        Assert.Contains(alert.Severity, new[] { "warning", "critical" });
        Assert.Equal(["description", "runbook_url", "summary"], alert.Annotations.Keys.Order(StringComparer.Ordinal));
        Assert.EndsWith(".", alert.Annotations["description"], StringComparison.Ordinal);
        // One sentence, with a number: a value, or how long it has been so.
        Assert.Matches(@"^[^.]*(\{\{[^}]*\}\}[^.]*)*\.$", alert.Annotations["summary"]);
        Assert.Matches(@"\$value|\d|a minute|an hour", alert.Annotations["summary"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Alert_Each_HasARunbook(string name)
    {
        Assert.Equal($"{Document}#{name.ToLowerInvariant()}", Find(name).Annotations["runbook_url"]);
        var text = File.ReadAllText(Repository.File(Document));
        Assert.True(text.Contains($"\n### {name}\n", StringComparison.Ordinal), $"{Document} has no section ### {name}");
    }

    [Fact]
    public void Runbooks_All_AreOfAlertsThatExist() =>
        Assert.Equal(MonitoringFiles.Alerts().Select(alert => alert.Name).Order(StringComparer.Ordinal),
            SectionPattern().Matches(File.ReadAllText(Repository.File(Document))).Select(match => match.Groups[1].Value)
                .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Alert_Each_IsTestedToFireAndNotTo(string name)
    {
        var tested = MonitoringFiles.Tested();
        Assert.Contains(name, tested[true]);
        Assert.Contains(name, tested[false]);
    }

    [Theory]
    [InlineData("check", "rules.yaml")]
    [InlineData("test", "rules.test.yaml")]
    public async Task Promtool_OnTheRules_Succeeds(string verb, string file)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        Assert.SkipUnless(folders.Any(folder => File.Exists(Path.Combine(folder, "promtool"))),
            "promtool is not installed: apt-get install --no-install-recommends prometheus");
        var result = await Command.RunAsync(["promtool", verb, "rules", Repository.File($"deploy/monitoring/{file}")],
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static Alert Find(string name) => MonitoringFiles.Alerts().Single(alert => alert.Name == name);

    [GeneratedRegex(@"^### (Aviator\w+)$", RegexOptions.Multiline)]
    private static partial Regex SectionPattern();
}
