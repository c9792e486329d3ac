namespace Aviator.AppHost;

/// <summary>The checkout that this program was built in.</summary>
internal static class Checkout
{
    /// <summary>Its folder.</summary>
    /// <exception cref="InvalidOperationException">The program runs from elsewhere.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>A file of the checkout, by its path from the root.</summary>
    public static string File(params string[] path) => Path.Combine([Root, .. path]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "global.json")))
                return folder.FullName;
        throw new InvalidOperationException($"No global.json in {AppContext.BaseDirectory} or above: run this from a checkout.");
    }
}
