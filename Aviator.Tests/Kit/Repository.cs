namespace Aviator.Tests.Kit;

/// <summary>Files of the checkout that a test reads as they are shipped, and what was built beside the test.</summary>
internal static class Repository
{
    /// <summary>The checkout's root, with no separator at its end.</summary>
    /// <exception cref="DirectoryNotFoundException">The tests run outside a checkout.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>The configuration that the running test was built in: Debug or Release.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Full path of a file, by its path from the checkout's root.</summary>
    public static string File(string path) => Path.Combine(Root, path);

    /// <summary>The folder with the build of <paramref name="project"/>, in the running test's configuration.</summary>
    public static string Output(string project) => Path.Combine(Root, project, "bin", Configuration, "net10.0");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Aviator.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException(
            $"No folder above {AppContext.BaseDirectory} holds Aviator.sln: run the tests from a checkout.");
    }
}
