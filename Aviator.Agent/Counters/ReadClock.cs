using Aviator.Agent.Interest;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Counters;

/// <summary>
/// When the counters were last read, under which plan, and whether the loop turns. Monotonic: a wall clock that jumps changes nothing.
/// </summary>
internal sealed class ReadClock(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _started = time.GetTimestamp();
    private readonly AsyncPulse _booked = new();
    private long? _turned;
    private long? _read;
    private long _sequence;
    private InterestPlan _plan = InterestPlan.Empty;
    private string? _failure;

    /// <summary>Identifies this run of the process; counters of two epochs are never subtracted.</summary>
    public string Epoch { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Time since the loop last turned, or since the start when it never did.</summary>
    public TimeSpan SinceTurn { get { lock (_gate) return time.GetElapsedTime(_turned ?? _started); } }

    /// <summary>Why the last read failed; null when it did not.</summary>
    public string? Failure { get { lock (_gate) return _failure; } }

    /// <summary>The last good read: its number (0 before the first), its age, and the plan that it was booked under.</summary>
    public (long Sequence, TimeSpan Age, InterestPlan Plan) LastRead
    {
        get { lock (_gate) return (_sequence, time.GetElapsedTime(_read ?? _started), _plan); }
    }

    /// <summary>The loop turned, whatever came of it.</summary>
    public void Turned()
    {
        lock (_gate) _turned = time.GetTimestamp();
    }

    /// <summary>A read was booked.</summary>
    public void Read(InterestPlan plan)
    {
        lock (_gate) (_read, _sequence, _plan, _failure) = (time.GetTimestamp(), _sequence + 1, plan, null);
        _booked.Send();
    }

    /// <summary>Waits for a good read after that of number <paramref name="sequence"/>.</summary>
    /// <returns>The newest one's number.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<long> AfterAsync(long sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_sequence > sequence) return _sequence;
                next = _booked.Next;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A read failed.</summary>
    public void Failed(string reason)
    {
        lock (_gate) _failure = reason;
    }
}
