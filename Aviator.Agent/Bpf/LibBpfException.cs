using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>A call into libbpf or the kernel failed.</summary>
internal sealed class LibBpfException : Exception
{
    /// <param name="call">What was called, with its object: "load", "attach segment_in".</param>
    /// <param name="errno">The error number, positive.</param>
    /// <param name="detail">What libbpf and the verifier said; may be empty.</param>
    internal LibBpfException(string call, int errno, string detail = "")
        : base($"{call}: {Marshal.GetPInvokeErrorMessage(errno)}{(detail.Length == 0 ? "" : $" ({detail})")}")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>What was called.</summary>
    internal string Call { get; }

    /// <summary>The error number. No guide to the cause: ESRCH, ENOENT and EPERM all mean "not here".</summary>
    internal int Errno { get; }

    /// <summary>
    /// Whether something was short for a moment, so that the same call may work later: memory, descriptors, an interruption.
    /// </summary>
    internal bool IsPassing => Errno is 4 or 11 or 12 or 23 or 24; // EINTR, EAGAIN, ENOMEM, ENFILE, EMFILE

    /// <summary>Throws unless <paramref name="result"/> is non-negative; libbpf returns -1 with errno set, or -errno.</summary>
    internal static int Check(int result, string call)
    {
        if (result >= 0) return result;
        var errno = Marshal.GetLastPInvokeError();
        throw new LibBpfException(call, errno != 0 ? errno : -result, BpfLog.Take());
    }

    /// <summary>Throws unless <paramref name="handle"/> is valid.</summary>
    internal static T Check<T>(T handle, string call)
        where T : SafeHandle
    {
        if (!handle.IsInvalid) return handle;
        var errno = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw new LibBpfException(call, errno, BpfLog.Take());
    }
}
