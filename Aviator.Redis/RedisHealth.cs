namespace Aviator.Redis;

/// <summary>
/// The state of Redis as users see it, without flapping: a fault is reported once an operation has failed for <see cref="Patience"/>, and
/// taken back once it has succeeded for <see cref="Calm"/>. One late answer is no news, and a condition must not come and go with each.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class RedisHealth(TimeProvider time)
{
    /// <summary>Failures for so long are a fault.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>So long without a failure, and the fault is over.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Operation> _operations = new(StringComparer.Ordinal);

    /// <summary>The fault to report; null when there is none.</summary>
    public string? Fault
    {
        get
        {
            lock (_lock)
            {
                foreach (var operation in _operations.Values)
                    if (operation.Reported is { } reported)
                        return reported;
                return null;
            }
        }
    }

    /// <summary>Notes that an operation failed.</summary>
    /// <param name="operation">Its name, one of few.</param>
    /// <param name="reason">Why, in words that do not change from call to call.</param>
    /// <returns>Whether this made it a fault.</returns>
    public bool Failed(string operation, string reason)
    {
        lock (_lock)
        {
            if (!_operations.TryGetValue(operation, out var state)) _operations[operation] = state = new Operation();
            state.FailingSince ??= time.GetTimestamp();
            state.LastFailure = time.GetTimestamp();
            if (state.Reported is null && time.GetElapsedTime(state.FailingSince.Value) < Patience) return false;
            var news = state.Reported is null;
            state.Reported = reason;
            return news;
        }
    }

    /// <summary>Notes that an operation succeeded.</summary>
    /// <returns>Whether this ended a fault.</returns>
    public bool Succeeded(string operation)
    {
        lock (_lock)
        {
            if (!_operations.TryGetValue(operation, out var state)) return false;
            if (state.Reported is not null && time.GetElapsedTime(state.LastFailure) < Calm) return false;
            _operations.Remove(operation);
            return state.Reported is not null;
        }
    }

    private sealed class Operation
    {
        public long? FailingSince { get; set; }

        public long LastFailure { get; set; }

        public string? Reported { get; set; }
    }
}
