namespace Aviator.Agent.Counters;

/// <summary>
/// How often the counters are read: once per sub-window, or more often for as long as a controller asks for it, whose policies have short
/// intervals. Nobody has to take a wish back: one that is not repeated lapses. Safe for several threads.
/// </summary>
/// <param name="options">The usual pace.</param>
/// <param name="time">The clock.</param>
internal sealed class ReadingPace(AgentOptions options, TimeProvider time)
{
    /// <summary>The least time from one read to the next, whoever asks.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a wish holds. Controllers repeat theirs with each request, which come more often than that.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TimeSpan _asked = TimeSpan.MaxValue;
    private long _askedAt;

    /// <summary>Time from one read to the next as things stand.</summary>
    public TimeSpan Now
    {
        get { lock (_gate) return Holds && _asked < options.SubWindow ? _asked : options.SubWindow; }
    }

    private bool Holds => _asked < TimeSpan.MaxValue && time.GetElapsedTime(_askedAt) < Lasts;

    /// <summary>Takes a controller's wish. Of several the shortest counts.</summary>
    /// <param name="every">Time between two reads, positive; less than <see cref="Shortest"/> gives that.</param>
    public void Ask(TimeSpan every)
    {
        var wish = every > Shortest ? every : Shortest;
        lock (_gate)
        {
            if (Holds && _asked < wish) return;
            (_asked, _askedAt) = (wish, time.GetTimestamp());
        }
    }
}
