using System.Runtime.InteropServices;

namespace Aviator.Controller.Clocks;

/// <summary>
/// A monotonic clock that continues while the machine sleeps. <see cref="System.Diagnostics.Stopwatch"/> reads CLOCK_MONOTONIC, which a
/// stopped process (SIGSTOP) cannot hold up but a suspended machine does: after it wakes, a term long over would look fresh. CLOCK_BOOTTIME
/// counts on (clock_gettime(2)). Elsewhere than on Linux the system's own clock is used.
/// </summary>
internal sealed partial class SuspendAwareClock : TimeProvider
{
    private const int BootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private SuspendAwareClock()
    {
    }

    /// <summary>The clock.</summary>
    public static TimeProvider Instance { get; } = OperatingSystem.IsLinux() ? new SuspendAwareClock() : System;

    /// <inheritdoc/>
    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => GetTime(BootTime, out var now) == 0
        ? (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds
        : throw new InvalidOperationException($"clock_gettime(CLOCK_BOOTTIME) failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, out TimeSpec now);

    /// <summary>struct timespec of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
