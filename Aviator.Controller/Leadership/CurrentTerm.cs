using Aviator.ServiceDefaults;

namespace Aviator.Controller.Leadership;

/// <summary>
/// The term of this process, if it has one. Written by the part that contends for it, read by every part that writes to the cluster.
/// </summary>
internal sealed class CurrentTerm : IDisposable
{
    private readonly AsyncPulse _began = new();
    private volatile LeaderTerm? _last;

    /// <summary>The term that was begun and not yet cleared, also when its time is over.</summary>
    public LeaderTerm? Last => _last;

    /// <summary>The same while it holds; else null.</summary>
    public LeaderTerm? Held => _last is { Holds: true } term ? term : null;

    /// <inheritdoc cref="ILeadership.NextTermAsync"/>
    public async Task<LeaderTerm> NextAsync(LeaderTerm? last, CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = _began.Next;
            if (Held is { } term && term != last) return term;
            await began.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Begins a term; the one before must have been cleared.</summary>
    public void Begin(LeaderTerm term)
    {
        _last = term;
        _began.Send();
    }

    /// <summary>Ends the term, if there is one.</summary>
    public void Clear()
    {
        _last?.End();
        _last = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _last?.Dispose();
}
