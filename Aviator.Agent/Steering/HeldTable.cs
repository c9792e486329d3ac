using Aviator.ServiceDefaults;

namespace Aviator.Agent.Steering;

/// <summary>
/// The connect table, held while there is something to steer and taken out of the kernel, pins included, when there is not. What fails is
/// tried again with growing pauses. One caller at a time.
/// </summary>
internal sealed partial class HeldTable(OpenConnectTable open, SteeringOptions options, TimeProvider time, ILogger logger)
{
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private readonly Outage _outage = new();
    private long _failedAt;
    private TimeSpan _pause;

    /// <summary>The table; null while none is held.</summary>
    public IConnectTable? Table { get; private set; }

    /// <summary>Why it could not be opened or removed at the last try, in a sentence; null when it could.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Holds the table from now on, if the kernel lets it.</summary>
    public bool TryHold() => Table is not null || (!IsPausing && Tried(() => Table = open(options, logger)));

    /// <summary>Takes everything out of the kernel, also what an agent before this one left.</summary>
    /// <returns>Whether nothing is left.</returns>
    public bool TryRemove()
    {
        if (Table is null && !IsPinned) return true;
        if (IsPausing) return false;
        return Tried(() =>
        {
            Table ??= open(options, logger);
            try
            {
                Table.Remove();
            }
            finally
            {
                // One that was removed by half is not used any more; the next try opens what is left of it.
                LeavePinned();
            }

            LogRemoved();
        });
    }

    /// <summary>Lets go of the table, which goes on in the kernel until the last order is too old.</summary>
    public void LeavePinned()
    {
        Table?.Dispose();
        Table = null;
    }

    private bool IsPausing => Refusal is not null && time.GetElapsedTime(_failedAt) < _pause;

    private bool IsPinned => Directory.Exists(options.PinPath)
        && Directory.EnumerateFileSystemEntries(options.PinPath, "*", new EnumerationOptions { IgnoreInaccessible = true }).Any();

    private bool Tried(Action action)
    {
        try
        {
            action();
            _outage.Succeeded();
            Refusal = null;
            return true;
        }
#pragma warning disable CA1031 // Without a table every connect passes to kube-proxy: whatever went wrong, that is the safe state.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (_outage.Failed(error.Message)) LogRefused(error.Message);
            (Refusal, _failedAt) = (error.Message, time.GetTimestamp());
            _pause = Pauses.Pause(_outage.Failures, Random.Shared);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed the connect hooks: no Service is steered by the kernel")]
    private partial void LogRemoved();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot use the connect hooks, retrying: {Reason}")]
    private partial void LogRefused(string reason);
}
