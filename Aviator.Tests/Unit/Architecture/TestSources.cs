using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Aviator.Tests.Unit.Architecture;

/// <summary>The sources of all stages, parsed: what one stage can't see of another by references.</summary>
internal static class TestSources
{
    private static readonly Lazy<IReadOnlyList<TypeDeclarationSyntax>> Parsed = new(Parse);

    /// <summary>Every class of every project under Aviator.Tests.</summary>
    public static IReadOnlyList<TypeDeclarationSyntax> Types() => Parsed.Value;

    /// <summary>Whether a runner would take it for a test.</summary>
    public static bool IsTest(MethodDeclarationSyntax method) =>
        new[] { "Fact", "Theory", "Property" }.Any(name => Attributes(method, name).Any());

    /// <summary>The literal arguments of each attribute of that name.</summary>
    public static IEnumerable<IReadOnlyList<string>> Attributes(MemberDeclarationSyntax member, string name) =>
        from list in member.AttributeLists
        from attribute in list.Attributes
        where attribute.Name.ToString() == name
        select (IReadOnlyList<string>)[.. attribute.ArgumentList?.Arguments.Select(argument =>
            argument.Expression is LiteralExpressionSyntax literal ? literal.Token.ValueText : "") ?? []];

    private static List<TypeDeclarationSyntax> Parse() =>
    [
        .. Documentation.Tree().Where(path =>
        path.StartsWith("Aviator.Tests/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(Repository.File(path))))
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>()),
    ];
}
