namespace Aviator.Cli.Output;

/// <summary>Names a page of the documentation.</summary>
internal static class DocsLink
{
    /// <summary>A page and its heading, as a path in the repository.</summary>
    /// <param name="page">Such as <c>install.md#rights-and-why</c>.</param>
    public static string Of(string page) => $"docs/{page}";
}
