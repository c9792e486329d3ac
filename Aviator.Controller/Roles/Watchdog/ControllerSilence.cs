using Aviator.Controller.Leadership;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>
/// How long no controller has renewed the Lease while the API server was there to renew it at. Time in which the server did not answer (or
/// this process was suspended) does not count: then no controller could renew, and they may well be alive.
/// </summary>
/// <param name="releaseAfter">The silence that is put up with.</param>
/// <param name="clock">A clock that continues while the process, or the machine, is suspended.</param>
internal sealed class ControllerSilence(TimeSpan releaseAfter, TimeProvider clock)
{
    /// <summary>
    /// A verdict is good for so long after the look that it rests on; a longer pause between two looks restarts the count.
    /// </summary>
    public static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(5);

    /// <summary>What a standby gets to take an expired Lease over, before Services are released.</summary>
    public static readonly TimeSpan Succession = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LeaseSight _sight = new(clock);
    private long _since = clock.GetTimestamp();
    private long _lookedAt;
    private bool _any;

    /// <summary>The Lease as seen last.</summary>
    public Lease? Lease => _sight.Last;

    /// <summary>Timestamp of the last look, from before its request was sent.</summary>
    public long LookedAt => Interlocked.Read(ref _lookedAt);

    /// <summary>The silence as of now.</summary>
    public TimeSpan Length
    {
        get
        {
            lock (_lock)
            {
                var counted = clock.GetElapsedTime(_since);
                return _sight.SinceChange < counted ? _sight.SinceChange : counted;
            }
        }
    }

    /// <summary>
    /// How much of it is tolerated. A Lease that was given up has no holder to wait for; one that an uninstall holds has that one alone.
    /// </summary>
    public TimeSpan Patience
    {
        get
        {
            if (_sight.Last is not { Spec: { IsHeld: true, IsUninstall: false, Duration: var duration } }) return releaseAfter;
            return duration + Succession > releaseAfter ? duration + Succession : releaseAfter;
        }
    }

    /// <summary>Whether the controllers are given up: silent for too long, by a look that is fresh.</summary>
    public bool IsTooLong => _any && clock.GetElapsedTime(LookedAt) < LookLimit && Length >= Patience;

    /// <summary>Takes the answer of a read.</summary>
    /// <param name="lease">The Lease; null when there is none.</param>
    /// <param name="askedAt">Timestamp from before the request was sent.</param>
    public void Looked(Lease? lease, long askedAt)
    {
        lock (_lock)
        {
            if (!_any || clock.GetElapsedTime(LookedAt) > LookLimit) _since = clock.GetTimestamp();
            _sight.Read(lease);
            Interlocked.Exchange(ref _lookedAt, askedAt);
            _any = true;
        }
    }

    /// <summary>Takes what a watch brought: a controller that is back is heard of at once.</summary>
    public void Heard(Lease? lease) => _sight.Heard(lease);
}
