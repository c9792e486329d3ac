namespace Aviator.Controller.Clocks;

/// <summary>Time since the process began to count, never set back: what evaluations and measurements are timed by.</summary>
/// <param name="time">The clock behind it.</param>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Time since the start.</summary>
    public TimeSpan Now => time.GetElapsedTime(_start);
}
