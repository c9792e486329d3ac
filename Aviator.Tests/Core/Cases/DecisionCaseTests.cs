using System.Text.Encodings.Web;
using System.Text.Json;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Core.Cases;

/// <summary>
/// Golden cases: a folder each, with what was observed (input.json) and what every evaluation makes of it (expected.json).
/// AVIATOR_ACCEPT_CASES=1 writes the expected files again; the difference is then for the reviewer.
/// </summary>
public sealed class DecisionCaseTests
{
    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(Root()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Catalogue", "4")]
    [Trait("Catalogue", "5")]
    [Trait("Catalogue", "6")]
    [Trait("Catalogue", "7")]
    [Trait("Catalogue", "8")]
    [Trait("Catalogue", "9")]
    [Trait("Catalogue", "15")]
    [Trait("Catalogue", "20")]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "25")]
    [Trait("Catalogue", "37")]
    public void Decide_Case_SaysWhatIsExpected(string name)
    {
        var folder = Path.Combine(Root(), name);
        var played = JsonSerializer.Serialize(DecisionCase.Read(Path.Combine(folder, "input.json")).Play(), Json) + "\n";
        var expected = Path.Combine(folder, "expected.json");
        if (Environment.GetEnvironmentVariable("AVIATOR_ACCEPT_CASES") == "1") File.WriteAllText(expected, played);
        Assert.Equal(File.ReadAllText(expected), played);
    }

    private static string Root() => Repository.File("Aviator.Tests/Core/Cases");
}
