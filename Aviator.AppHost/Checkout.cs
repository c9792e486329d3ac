namespace Aviator.AppHost;

/// <summary>The checkout that this program was built in, and what else was built in it.</summary>
internal static class Checkout
{
    /// <summary>Its folder.</summary>
    /// <exception cref="InvalidOperationException">The program runs from elsewhere.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The command of a part's program: a built project of the same configuration as this one, or a script.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static IReadOnlyList<string> Command(Part part)
    {
        if (part.Program.EndsWith(".sh", StringComparison.Ordinal)) return [Existing(Path.Combine(Root, part.Program), "the checkout is not complete"), .. part.Arguments];
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var folder = part.Program == "Aviator.Demo" ? Path.Combine("eng", "demo") : part.Program;
        var assembly = Path.Combine(Root, folder, "bin", configuration, "net10.0", part.Program + ".dll");
        return ["dotnet", Existing(assembly, "build the solution first (make build)"), .. part.Arguments];
    }

    private static string Existing(string path, string otherwise) => File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: {otherwise}.", path);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Aviator.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No Aviator.sln in {AppContext.BaseDirectory} or above: run this from a checkout.");
    }
}
