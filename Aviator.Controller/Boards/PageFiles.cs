using System.Collections.Frozen;

namespace Aviator.Controller.Boards;

/// <summary>The page's files, which the program carries: <c>Boards/Page</c>, and the plotting library that the build fetches.</summary>
internal static class PageFiles
{
    private const string Prefix = "page/";

    private static readonly FrozenDictionary<string, PageFile> Files = Read().ToFrozenDictionary(file => file.Path);

    /// <summary>The file at a path of the page; null when there is none.</summary>
    public static PageFile? Find(string path) => Files.GetValueOrDefault(path == "/" ? "/index.html" : path);

    private static IEnumerable<PageFile> Read()
    {
        var assembly = typeof(PageFiles).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            yield return new($"/{name[Prefix.Length..]}", content);
        }
    }
}

/// <summary>One file of the page.</summary>
/// <param name="Path">Where it is served.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record PageFile(string Path, byte[] Content)
{
    /// <summary>Its type, by the end of its name.</summary>
    public string ContentType => System.IO.Path.GetExtension(Path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
}
