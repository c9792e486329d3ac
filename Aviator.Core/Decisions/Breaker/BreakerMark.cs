namespace Aviator.Core.Decisions;

/// <summary>
/// What the slices remember of an endpoint's circuit breaker: enough to go on from when nothing else is left, and nothing that changes while the
/// breaker does not. Closed breakers leave no mark, so their violations in a row are counted anew.
/// </summary>
/// <param name="Phase">Its phase.</param>
/// <param name="FailedTrials">Failed trials, at most <see cref="MostTrials"/>: the time Open has long stopped growing by then.</param>
public readonly record struct BreakerMark(BreakerPhase Phase, int FailedTrials)
{
    /// <summary>Failed trials beyond this are not told apart.</summary>
    public const int MostTrials = 30;

    /// <summary>The mark of a breaker.</summary>
    public static BreakerMark Of(BreakerRecord breaker) =>
        breaker.Phase == BreakerPhase.Closed ? default : new(breaker.Phase, Math.Clamp(breaker.FailedTrials, 0, MostTrials));

    /// <summary>
    /// The breaker that the mark stands for. How long it has been Open is not known, so it begins again: rather a little longer out than back
    /// into traffic untried.
    /// </summary>
    /// <param name="settings">The policy; a breaker that is switched off is Closed.</param>
    /// <param name="now">Monotonic time.</param>
    public BreakerRecord Restore(PolicySettings settings, TimeSpan now) =>
        Phase == BreakerPhase.Closed || !settings.Breaker.Enabled ? default
        : new(Phase, 0, FailedTrials, Phase == BreakerPhase.Open ? now + CircuitBreaker.OpenTime(settings, FailedTrials) : now);
}
