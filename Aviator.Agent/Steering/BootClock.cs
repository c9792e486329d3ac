using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>The clock of orders and hooks: it is never set, and continues while the machine sleeps.</summary>
internal static unsafe class BootClock
{
    private const int BootTime = 7; // CLOCK_BOOTTIME
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since the machine started.</summary>
    internal static ulong Now()
    {
        var now = stackalloc long[2];
        if (LibBpf.GetTime(BootTime, now) != 0) throw new LibBpfException("read CLOCK_BOOTTIME", Marshal.GetLastPInvokeError());
        return ((ulong)now[0] * NanosecondsPerSecond) + (ulong)now[1];
    }
}
