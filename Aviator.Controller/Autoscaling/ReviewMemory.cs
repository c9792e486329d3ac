namespace Aviator.Controller.Autoscaling;

/// <summary>
/// Remembers answers of the API server for a while, so that it is asked seldom: callers with the same question wait for one answer, and
/// questions at a time are limited, so that a flood reaches the API server as a trickle. Safe for several threads.
/// </summary>
/// <param name="size">Answers remembered at most; the one that would be forgotten next makes room.</param>
/// <param name="time">The clock.</param>
internal sealed class ReviewMemory(int size, TimeProvider time)
{
    /// <summary>Questions asked at a time.</summary>
    public const int AtATime = 8;

    /// <summary>How long a yes holds: a right that was taken away works for so long.</summary>
    public static readonly TimeSpan AdmittedFor = TimeSpan.FromMinutes(1);

    /// <summary>How long a no holds: a right that was given works only after so long.</summary>
    public static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(10);

    private static readonly Admission Busy = Admission.Unknown("too many callers are being checked at this moment; try again shortly");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Admission Answer, long Ends)> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<Admission>> _underWay = new(StringComparer.Ordinal);

    /// <summary>The answer to a question.</summary>
    /// <param name="question">What tells it from all others; short, and no secret.</param>
    /// <param name="ask">Asks the API server; returns, whatever happens.</param>
    /// <param name="cancellationToken">Ends the wait of this caller; others wait on.</param>
    public Task<Admission> GetAsync(string question, Func<Task<Admission>> ask, CancellationToken cancellationToken)
    {
        Task<Admission>? answer;
        lock (_lock)
        {
            if (_known.TryGetValue(question, out var known) && time.GetTimestamp() < known.Ends) return Task.FromResult(known.Answer);
            if (!_underWay.TryGetValue(question, out answer))
            {
                if (_underWay.Count >= AtATime) return Task.FromResult(Busy);
                // Begun outside the lock: whatever it does at once must not be done under it.
                answer = _underWay[question] = Task.Run(() => AskAsync(question, ask), CancellationToken.None);
            }
        }

        return answer.WaitAsync(cancellationToken);
    }

    private async Task<Admission> AskAsync(string question, Func<Task<Admission>> ask)
    {
        Admission? answer = null;
        try
        {
            return answer = await ask();
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(question);
                if (answer is { IsCertain: true }) Remember(question, answer);
            }
        }
    }

    private void Remember(string question, Admission answer)
    {
        _known.Remove(question);
        if (_known.Count >= size) _known.Remove(_known.MinBy(entry => entry.Value.Ends).Key);
        var life = answer.IsAdmitted ? AdmittedFor : RefusedFor;
        _known[question] = (answer, time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency));
    }
}
