using System.Collections;
using System.Runtime.InteropServices;

namespace Aviator.AppHost;

/// <summary>
/// Replaces the running program by another: same process, same terminal, same parent, so that signals and exit codes need no passing on.
/// </summary>
internal static partial class ProcessImage
{
    private const int SetDescriptorFlags = 2, CloseOnExec = 1;

    /// <summary>Runs the command in this process. Returns never.</summary>
    /// <param name="command">The program's path and its arguments.</param>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    public static void Replace(IReadOnlyList<string> command)
    {
        Console.Out.Flush();
        if (OperatingSystem.IsWindows())
            throw new InvalidOperationException($"{command[0]}: Windows has no way to replace a program; use WSL.");
        // The system's own list ends with a null.
        string?[] arguments = [.. command, null];
        string?[] environment = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}"), null];
        _ = Execve(command[0], arguments, environment);
        throw new InvalidOperationException($"{command[0]} could not be started: {LastError()}");
    }

    /// <summary>Sets whether a descriptor stays open in the program that replaces this one, and in children.</summary>
    public static void SetInherited(int descriptor, bool inherited)
    {
        if (Fcntl(descriptor, SetDescriptorFlags, inherited ? 0 : CloseOnExec) < 0)
            throw new InvalidOperationException($"fcntl on {descriptor} failed: {LastError()}");
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execve(string path, string?[] arguments, string?[] environment);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, int argument);
}
