namespace Aviator.Controller.Leadership;

/// <summary>
/// One span of leading: it lasts as long as it is renewed in time, and never comes back once it has ended. Work done in a term passes its
/// token on, so that nothing begun in it continues after it.
/// </summary>
internal sealed class LeaderTerm : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _clock;
    private readonly TimeSpan _deadline;
    private readonly ITimer? _timer;
    private long _renewedAt;

    /// <param name="number">Its number: higher than that of every term before, in this process and in others.</param>
    /// <param name="renewedAt">Timestamp of <paramref name="clock"/> from before the request that began it.</param>
    /// <param name="deadline">It ends this long after the last renewal.</param>
    /// <param name="clock">A clock that continues while the process, or the machine, is suspended.</param>
    public LeaderTerm(long number, long renewedAt, TimeSpan deadline, TimeProvider clock)
    {
        (Number, _renewedAt, _deadline, _clock) = (number, renewedAt, deadline, clock);
        Ended = _ended.Token;
        // The timer is for code that waits on the token; Holds asks the clock itself, however late a timer may be.
        if (deadline != Timeout.InfiniteTimeSpan) _timer = clock.CreateTimer(_ => EndIfOver(), null, Remaining, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>The term of a process that needs no election, begun now.</summary>
    public static LeaderTerm Endless(TimeProvider clock) =>
        new(LeaseSpec.FirstTerm(clock.GetUtcNow()), clock.GetTimestamp(), Timeout.InfiniteTimeSpan, clock);

    /// <summary>Cancelled when the term ends.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Whether it lasts, by the clock at each call.</summary>
    public bool Holds => !Ended.IsCancellationRequested && (_timer is null || Remaining > TimeSpan.Zero);

    /// <summary>Time until it ends, unless it is renewed; negative when that has passed.</summary>
    public TimeSpan Remaining => _deadline - _clock.GetElapsedTime(Interlocked.Read(ref _renewedAt));

    /// <summary>Puts the end off.</summary>
    /// <param name="at">Timestamp from before the request that renewed it was sent.</param>
    /// <returns>False when the term had ended before the answer came: others may lead by now.</returns>
    public bool Renew(long at)
    {
        if (!Holds)
        {
            End();
            return false;
        }

        Interlocked.Exchange(ref _renewedAt, at);
        return true;
    }

    /// <summary>Ends it now.</summary>
    public void End()
    {
        _timer?.Dispose();
        if (!_ended.IsCancellationRequested) _ended.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _ended.Dispose();
    }

    private void EndIfOver()
    {
        if (Remaining is var left && left > TimeSpan.Zero) _timer?.Change(left, Timeout.InfiniteTimeSpan);
        else End();
    }
}
