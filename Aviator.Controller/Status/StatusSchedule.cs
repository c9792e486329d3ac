using Aviator.Controller.Api.V1Alpha1;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Status;

/// <summary>
/// Says whether a policy's status is worth a write now. A decision or condition is written at once, drift at most every
/// <see cref="DriftInterval"/>, and a policy at rest never. The time of start counts as a write: a restart alone writes nothing.
/// </summary>
/// <param name="time">The monotonic clock.</param>
internal sealed class StatusSchedule(TimeProvider time)
{
    /// <summary>Shortest time between two writes that report drift only.</summary>
    public static readonly TimeSpan DriftInterval = TimeSpan.FromSeconds(30);

    /// <summary>Pauses after writes that failed.</summary>
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private long _lastWrite = time.GetTimestamp();
    private long _lastFailure;
    private TimeSpan _pause;
    private int _failures;

    /// <summary>Whether <paramref name="next"/> is worth a write over <paramref name="written"/>.</summary>
    public bool Due(AviatorPolicyStatus? written, AviatorPolicyStatus next)
    {
        if (time.GetElapsedTime(_lastFailure) < _pause) return false;
        return StatusDiff.Compare(written, next) switch
        {
            StatusChange.Decision => true,
            StatusChange.Drift => time.GetElapsedTime(_lastWrite) >= DriftInterval,
            _ => false,
        };
    }

    /// <summary>Notes that a write succeeded.</summary>
    public void Wrote() => (_lastWrite, _pause, _failures) = (time.GetTimestamp(), TimeSpan.Zero, 0);

    /// <summary>Notes that a write failed: the next one waits, longer each time.</summary>
    public void Failed() => (_lastFailure, _pause) = (time.GetTimestamp(), Retries.Pause(++_failures, Random.Shared));
}
