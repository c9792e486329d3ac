namespace Aviator.Controller.Events;

/// <summary>
/// How many Events one object may cause: a bucket of <see cref="Burst"/> that refills by one every <see cref="Refill"/>, as client-go's
/// spam filter has it. Not safe for concurrent use.
/// </summary>
/// <param name="time">The monotonic clock.</param>
internal sealed class EventBudget(TimeProvider time)
{
    public const int Burst = 25;

    public static readonly TimeSpan Refill = TimeSpan.FromMinutes(1);

    private const int MaxObjects = 10_000;

    private readonly Dictionary<string, (double Tokens, long At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one Event of the object's budget.</summary>
    /// <returns>False when it is spent.</returns>
    public bool TryTake(string uid)
    {
        var now = time.GetTimestamp();
        if (_buckets.Count >= MaxObjects) Forget(now);
        var tokens = _buckets.TryGetValue(uid, out var bucket)
            ? Math.Min(Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now) / Refill))
            : Burst;
        if (tokens < 1) return false;
        _buckets[uid] = (tokens - 1, now);
        return true;
    }

    /// <summary>A bucket that is full again says nothing; if all are in use, starting over is cheaper than growing.</summary>
    private void Forget(long now)
    {
        foreach (var (uid, bucket) in _buckets)
        {
            if (bucket.Tokens + (time.GetElapsedTime(bucket.At, now) / Refill) >= Burst) _buckets.Remove(uid);
        }

        if (_buckets.Count >= MaxObjects) _buckets.Clear();
    }
}
