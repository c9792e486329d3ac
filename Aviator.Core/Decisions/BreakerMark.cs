namespace Aviator.Core.Decisions;

/// <summary>
/// What the slices remember of an endpoint's circuit breaker: enough to continue from when no other state is left, and nothing that changes
/// while the breaker does not. A Closed breaker leaves no mark, so its violations in a row are counted from zero again.
/// </summary>
/// <param name="Phase">Its phase.</param>
/// <param name="FailedTrials">Failed trials, at most <see cref="MostTrials"/>: by then the time Open has long stopped growing.</param>
public readonly record struct BreakerMark(BreakerPhase Phase, int FailedTrials)
{
    /// <summary>Failed trials beyond this number make no difference.</summary>
    public const int MostTrials = 30;

    /// <summary>The mark of a breaker.</summary>
    public static BreakerMark FromRecord(BreakerRecord breaker) =>
        breaker.Phase == BreakerPhase.Closed ? default : new(breaker.Phase, Math.Clamp(breaker.FailedTrials, 0, MostTrials));

    /// <summary>
    /// The breaker that the mark stands for. How long it has been Open is not known, so Open starts again: rather out for a little longer
    /// than back in traffic without a trial.
    /// </summary>
    /// <param name="settings">The policy; a breaker that is switched off is Closed.</param>
    /// <param name="now">Monotonic time.</param>
    public BreakerRecord Restore(PolicySettings settings, TimeSpan now)
    {
        if (Phase == BreakerPhase.Closed || !settings.Breaker.Enabled) return default;
        return new(Phase, 0, FailedTrials, Phase == BreakerPhase.Open ? now + CircuitBreaker.OpenTime(settings, FailedTrials) : now);
    }
}
