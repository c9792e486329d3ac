using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// The CPU time of the calling thread: what work costs, however long others keep the thread waiting. Two timestamps of one thread can be
/// compared, and no others.
/// </summary>
internal sealed unsafe class ThreadClock : TimeProvider
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID
    private const long NanosecondsPerSecond = 1_000_000_000;

    private ThreadClock()
    {
    }

    /// <summary>The only one.</summary>
    public static ThreadClock Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        var now = stackalloc long[2];
        if (LibBpf.GetTime(ThreadCpuTime, now) != 0)
            throw new LibBpfException("read CLOCK_THREAD_CPUTIME_ID", Marshal.GetLastPInvokeError());
        return (now[0] * NanosecondsPerSecond) + now[1];
    }
}
