using Aviator.ServiceDefaults;

namespace Aviator.Redis;

/// <summary>
/// Keeps a dead Redis cheap: after a call that got no answer no other is tried for a pause that grows with each failure, and then one
/// alone.
/// </summary>
/// <param name="pauses">The pauses.</param>
/// <param name="time">The clock.</param>
internal sealed class CallGate(Backoff pauses, TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _failures;
    private long _failedAt;
    private TimeSpan _pause;
    private bool _probing;

    /// <summary>
    /// Whether a call may be made now; one that may must end by <see cref="Answered"/>, <see cref="Unanswered"/> or
    /// <see cref="Abandoned"/>.
    /// </summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_failures == 0) return true;
            if (_probing || time.GetElapsedTime(_failedAt) < _pause) return false;
            return _probing = true;
        }
    }

    /// <summary>The call was answered.</summary>
    public void Answered()
    {
        lock (_lock) (_failures, _probing) = (0, false);
    }

    /// <summary>The call was not answered.</summary>
    public void Unanswered()
    {
        lock (_lock)
        {
            // Calls that were under way together fail together; they are one failure.
            if (_failures > 0 && !_probing) return;
            (_failedAt, _probing) = (time.GetTimestamp(), false);
            _pause = pauses.Pause(++_failures, Random.Shared);
        }
    }

    /// <summary>The caller gave up; that says nothing about Redis.</summary>
    public void Abandoned()
    {
        lock (_lock) _probing = false;
    }
}
