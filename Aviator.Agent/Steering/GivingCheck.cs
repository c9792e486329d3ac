namespace Aviator.Agent.Steering;

/// <summary>
/// Whether the kernel gives connects to endpoints: tried by a connect of the agent's own once the table is open, and every minute. The try
/// has a task of its own, because it may take its time and beats must not wait for it. One caller at a time.
/// </summary>
internal sealed class GivingCheck(TimeProvider time)
{
    /// <summary>From one good try to the next.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    /// <summary>From a try that failed to the next.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for a try under way when the table is given up.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private Task<string?>? _underWay;
    private long _endedAt;

    /// <summary>Why no connect is known to be given, in a sentence; null while one was at the last try.</summary>
    public string? Reason { get; private set; } = NotTried;

    private const string NotTried = "no connect of the agent's own has been tried yet";

    /// <summary>Takes in a try that has ended, and begins the next one when it is due.</summary>
    public void Turn(IConnectTable table)
    {
        if (_underWay is { IsCompleted: true } ended)
        {
            (Reason, _underWay, _endedAt) = (ended.Result, null, time.GetTimestamp());
            return;
        }

        if (_underWay is null && IsDue) _underWay = Task.Run(() => Try(table));
    }

    /// <summary>Forgets what was seen; a try under way is waited for, so that it does not meet a table that is gone.</summary>
    public async Task EndAsync()
    {
        if (_underWay is { } last)
            await Task.WhenAny(last, Task.Delay(Longest, time));
        (Reason, _underWay, _endedAt) = (NotTried, null, 0);
    }

    private bool IsDue => _endedAt == 0 || time.GetElapsedTime(_endedAt) >= (Reason is null ? Pace : Retry);

    private static string? Try(IConnectTable table)
    {
        try
        {
            return table.IsGiving() ? null : "a connect of the agent's own from a pod's control group was not given to an endpoint";
        }
#pragma warning disable CA1031 // A try that fails is a finding, not the end of the agent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"a connect of the agent's own could not be tried: {error.Message}";
        }
    }
}
