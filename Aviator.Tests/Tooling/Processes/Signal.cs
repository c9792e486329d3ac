using System.Runtime.InteropServices;

namespace Aviator.Tests.Tooling.Processes;

/// <summary>The signals in use, by their numbers on Linux.</summary>
internal enum Signal
{
    /// <summary>SIGINT.</summary>
    Interrupt = 2,

    /// <summary>SIGKILL.</summary>
    Kill = 9,

    /// <summary>SIGTERM.</summary>
    Terminate = 15,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP.</summary>
    Stop = 19,
}

/// <summary>Sends signals to processes by their id.</summary>
internal static partial class Signals
{
    private const int NoSuchProcess = 3; // ESRCH

    /// <summary>Sends a signal; to a process that has ended, none.</summary>
    /// <param name="process">The process's id.</param>
    /// <param name="signal">What to send.</param>
    /// <returns>Whether the process was there.</returns>
    /// <exception cref="InvalidOperationException">The kernel refused it.</exception>
    public static bool Send(int process, Signal signal)
    {
        if (Kill(process, (int)signal) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == NoSuchProcess) return false;
        throw new InvalidOperationException($"Signal {signal} to process {process} failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
