namespace Aviator.Tests.Tooling.Processes;

/// <summary>Where the built programs lie, and how they are started against a cluster.</summary>
internal static class AviatorProgram
{
    /// <summary>The checkout that this assembly was built in.</summary>
    /// <exception cref="InvalidOperationException">It runs from elsewhere.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The command that starts a built program of the same configuration (Debug, Release) as this one.</summary>
    /// <exception cref="FileNotFoundException">It is not built.</exception>
    public static IReadOnlyList<string> Command(string project)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var assembly = Path.Combine(Root, project, "bin", configuration, "net10.0", project + ".dll");
        return File.Exists(assembly) ? ["dotnet", assembly]
            : throw new FileNotFoundException($"{assembly} is missing: run 'make build'.", assembly);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Aviator.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No Aviator.sln in {AppContext.BaseDirectory} or above: run this from a checkout.");
    }
}
