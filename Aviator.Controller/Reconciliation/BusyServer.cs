namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Tells a burst of refusals by a server that is busy from the next burst, so that one line stands for all Services that it hits.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class BusyServer(TimeProvider time)
{
    /// <summary>A burst is over when so long nothing was refused.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _last;

    /// <summary>A request was refused.</summary>
    /// <returns>Whether it is the first of a burst.</returns>
    public bool Begins()
    {
        lock (_lock)
        {
            var begins = _last is not { } last || time.GetElapsedTime(last) > Quiet;
            _last = time.GetTimestamp();
            return begins;
        }
    }
}
