using System.Xml.Linq;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Architecture;

/// <summary>What a stage may reference, so that it needs no more than eng/README.md says.</summary>
public sealed class ProjectWallTests
{
    private const string Tests = "Aviator.Tests.";

    private static readonly string[] Shared = [Tests + "Tooling", Tests + "Kit", Tests + "Fixtures", Tests + "Browser", Tests + "GrpcApp"];

    [Fact]
    public void Core_OfTheProduct_ReferencesNothing() => Assert.Empty(Reachable("Aviator.Core/Aviator.Core.csproj"));

    /// <summary>The plugin reads and hands back by the controller's code; the agent and the AppHost are none of its business.</summary>
    [Fact]
    public void Cli_Reaches_TheControllerAndWhatThatNeeds() => Assert.Equal(
        ["Aviator.Controller", "Aviator.Core", "Aviator.Kubernetes", "Aviator.Redis", "Aviator.ServiceDefaults"],
        Reachable("Aviator.Cli/Aviator.Cli.csproj").Order(StringComparer.Ordinal));

    [Fact]
    public void NoProgram_References_TheCli() => Assert.All(
        new[] { "Aviator.Agent", "Aviator.Controller", "Aviator.AppHost" },
        program => Assert.DoesNotContain("Aviator.Cli", Reachable($"{program}/{program}.csproj")));

    [Fact]
    public void StageCore_Reaches_TheCoreAndTheKitAlone() =>
        Assert.Equal(["Aviator.Core", Tests + "Kit"],
            Reachable("Aviator.Tests/Core/Aviator.Tests.Core.csproj").Order(StringComparer.Ordinal));

    [Fact]
    public void Stages_OfTheTests_ReferenceNoOtherStage() => Assert.All(Stages(), stage =>
        Assert.DoesNotContain(Reachable(stage), name => name.StartsWith(Tests, StringComparison.Ordinal) && !Shared.Contains(name)));

    /// <summary>Their names are those of the programs that eng/test.sh runs.</summary>
    [Fact]
    public void Projects_OfTheTests_AreNamedAfterTheirFolder() => Assert.All(Projects(), project =>
        Assert.Equal(Tests + Path.GetFileName(Path.GetDirectoryName(project)), Path.GetFileNameWithoutExtension(project)));

    [Fact]
    public void Product_DoesNotReference_ItsTests() => Assert.All(
        Documentation.Tree().Where(path =>
            path.EndsWith(".csproj", StringComparison.Ordinal) && !path.StartsWith("Aviator.Tests/", StringComparison.Ordinal)
            && !path.StartsWith("eng/", StringComparison.Ordinal) && !path.StartsWith("Aviator.AppHost/", StringComparison.Ordinal)),
        project => Assert.DoesNotContain(Reachable(project), name => name.StartsWith(Tests, StringComparison.Ordinal)));

    private static IEnumerable<string> Projects() => Documentation.Tree()
        .Where(path => path.StartsWith("Aviator.Tests/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal));

    private static IEnumerable<string> Stages() => Projects().Where(project => !Shared.Contains(Path.GetFileNameWithoutExtension(project)));

    /// <summary>Every project that is referenced, directly or by another.</summary>
    private static HashSet<string> Reachable(string project)
    {
        var (found, open) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([Repository.File(project)]));
        while (open.TryPop(out var path))
        {
            foreach (var reference in XDocument.Load(path).Descendants("ProjectReference")
                .Select(element => element.Attribute("Include")!.Value))
            {
                var folder = Path.GetDirectoryName(path)!;
                var target = Path.GetFullPath(Path.Combine(folder,
                    reference.Replace("$(MSBuildThisFileDirectory)", "", StringComparison.Ordinal)));
                if (found.Add(Path.GetFileNameWithoutExtension(target))) open.Push(target);
            }
        }

        return found;
    }
}
