namespace Aviator.Controller.Leadership;

/// <summary>Whether this process may write to the cluster; asked before each write.</summary>
internal interface ILeadership
{
    /// <summary>The term in which this process leads; null while it does not, by a clock that a suspended process cannot fool.</summary>
    LeaderTerm? Term { get; }

    /// <summary>True while this process leads.</summary>
    bool MayWrite => Term is not null;

    /// <summary>
    /// Who leads as far as this process has seen, by the name under which it holds the Lease; null while nobody is known, or there is no
    /// election.
    /// </summary>
    string? Holder => null;

    /// <summary>Waits for a term other than <paramref name="last"/>; one that began and ended before the call is skipped.</summary>
    /// <param name="last">The term that the caller knows; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken);
}

/// <summary>The only replica always leads, in one term without an end.</summary>
/// <param name="clock">Numbers the term, so that it comes after those of elections that were switched off.</param>
internal sealed class SoleLeadership(TimeProvider clock) : ILeadership
{
    private readonly LeaderTerm _term = LeaderTerm.Endless(clock);

    /// <inheritdoc/>
    public LeaderTerm? Term => _term;

    /// <inheritdoc/>
    public async Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken)
    {
        if (last is not null) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        return _term;
    }
}
