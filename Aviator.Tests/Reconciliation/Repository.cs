namespace Aviator.Tests.Reconciliation;

/// <summary>Files of the checkout that a test reads as they are shipped.</summary>
internal static class Repository
{
    /// <summary>Full path of a file, by its path from the checkout's root.</summary>
    public static string File(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Aviator.sln")))
                return Path.Combine(folder.FullName, path);
        }
        throw new DirectoryNotFoundException("no folder above the test binaries holds Aviator.sln");
    }
}
