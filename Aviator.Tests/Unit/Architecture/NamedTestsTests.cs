using System.Text.RegularExpressions;
using Aviator.Tests.Fixtures;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Aviator.Tests.Unit.Architecture;

/// <summary>A document that rests a claim on a test names one that there is.</summary>
public sealed partial class NamedTestsTests
{
    public static TheoryData<string> Documents => [.. Documentation.All];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Tests_NamedInADocument_AreThere(string path)
    {
        var tests = TestSources.Types().SelectMany(type => type.Members.OfType<MethodDeclarationSyntax>()
            .Where(TestSources.IsTest).Select(method => $"{type.Identifier.Text}.{method.Identifier.Text}").Append(type.Identifier.Text))
            .ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Name().Matches(new Documentation(path).Text), name => !tests.Contains(name.Groups[1].Value));
    }

    /// <summary>`SomeTests`, or `SomeTests.Method_Condition_Result`.</summary>
    [GeneratedRegex(@"`([A-Z]\w+Tests(?:\.\w+_\w+)?)`")]
    private static partial Regex Name();
}
