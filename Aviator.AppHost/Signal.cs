using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aviator.AppHost;

/// <summary>Asks a process to end, by its id.</summary>
internal static partial class Signal
{
    private const int Sigterm = 15;
    private const int NoSuchProcess = 3;

    /// <summary>SIGTERM; where there are no signals, and to a process that has ended, none.</summary>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    public static void Terminate(Process process)
    {
        if (OperatingSystem.IsWindows() || process.HasExited || Kill(process.Id, Sigterm) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess) throw new InvalidOperationException($"SIGTERM to process {process.Id} failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
