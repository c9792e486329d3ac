using Aviator.ServiceDefaults;

namespace Aviator.Kubernetes;

/// <summary>
/// A queue of names, never of events: a name that waits is not added twice, and one that is added while it is worked on comes again after
/// <see cref="Done"/>. So no name is ever worked on by two workers at once, and a burst of changes costs one run.
/// </summary>
/// <param name="time">The clock of the delays.</param>
/// <param name="backoff">Pauses of <see cref="AddRateLimited"/>, per key.</param>
/// <param name="capacity">Most names that may wait, delayed ones included; more are refused and counted.</param>
public sealed class RateLimitedQueue<TKey>(TimeProvider time, Backoff backoff, int capacity = 100_000) : IDisposable
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _processing = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, long> _due = [];
    private readonly PriorityQueue<TKey, long> _byDue = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly long _start = time.GetTimestamp();
    private ITimer? _timer;
    private bool _disposed;

    /// <summary>Names that could be taken now.</summary>
    public int Length { get { lock (_lock) return _ready.Count; } }

    /// <summary>Names that wait for their time.</summary>
    public int Delayed { get { lock (_lock) return _due.Count; } }

    /// <summary>Names that are worked on.</summary>
    public int InProgress { get { lock (_lock) return _processing.Count; } }

    /// <summary>Names that became ready, in all.</summary>
    public long Added { get; private set; }

    /// <summary>Additions merged into one that waited already.</summary>
    public long Merged { get; private set; }

    /// <summary>Additions after a failure.</summary>
    public long Retries { get; private set; }

    /// <summary>Additions refused because the queue was full.</summary>
    public long Refused { get; private set; }

    /// <summary>Makes a name ready.</summary>
    /// <returns>False when the queue is full.</returns>
    public bool Add(TKey key)
    {
        lock (_lock) return AddLocked(key);
    }

    /// <summary>Makes a name ready after a delay; of several delays of one name the earliest counts.</summary>
    /// <returns>False when the queue is full.</returns>
    public bool AddAfter(TKey key, TimeSpan delay)
    {
        lock (_lock)
        {
            if (delay <= TimeSpan.Zero) return AddLocked(key);
            var due = Now() + delay.Ticks;
            if (_due.TryGetValue(key, out var earlier))
            {
                Merged++;
                if (earlier <= due) return true;
            }
            else if (IsFull())
            {
                return false;
            }

            _due[key] = due;
            _byDue.Enqueue(key, due);
            Arm();
            return true;
        }
    }

    /// <summary>Makes a name ready after a pause that grows with its failures since <see cref="Forget"/>.</summary>
    /// <param name="key">The name.</param>
    /// <param name="pauses">Other pauses than the queue's own; null for those.</param>
    /// <param name="atLeast">The shortest pause, which a server may ask for.</param>
    /// <returns>The pause.</returns>
    public TimeSpan AddRateLimited(TKey key, Backoff? pauses = null, TimeSpan atLeast = default)
    {
        TimeSpan pause;
        lock (_lock)
        {
            Retries++;
            var failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
            pause = (pauses ?? backoff).Pause(failures, Random.Shared);
        }

        if (pause < atLeast) pause = atLeast + (pause / 4); // so that not all come back at the same moment

        AddAfter(key, pause);
        return pause;
    }

    /// <summary>Failures of a name since <see cref="Forget"/>.</summary>
    public int FailuresOf(TKey key)
    {
        lock (_lock) return _failures.GetValueOrDefault(key);
    }

    /// <summary>Ends a name's row of failures.</summary>
    public void Forget(TKey key)
    {
        lock (_lock) _failures.Remove(key);
    }

    /// <summary>Takes the next name and marks it as worked on; the caller must call <see cref="Done"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            var key = _ready.Dequeue();
            _waiting.Remove(key);
            _processing.Add(key);
            return key;
        }
    }

    /// <summary>Ends the work on a name; if it was added meanwhile, it is ready again.</summary>
    public void Done(TKey key)
    {
        lock (_lock)
        {
            _processing.Remove(key);
            if (_waiting.Contains(key)) Enqueue(key);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer?.Dispose();
        }

        _available.Dispose();
    }

    private bool AddLocked(TKey key)
    {
        if (_disposed) return false;
        var delayed = _due.Remove(key);
        if (_waiting.Contains(key))
        {
            // Its time came while it waited already: were the due time kept, every later delay would be merged into one that has passed.
            Merged++;
            return true;
        }

        if (!delayed && IsFull()) return false;
        _waiting.Add(key);
        if (!_processing.Contains(key)) Enqueue(key);
        return true;
    }

    private bool IsFull()
    {
        if (_waiting.Count + _due.Count < capacity) return false;
        Refused++;
        return true;
    }

    private void Enqueue(TKey key)
    {
        _ready.Enqueue(key);
        Added++;
        _available.Release();
    }

    private long Now() => time.GetElapsedTime(_start).Ticks;

    /// <summary>Moves what is due to the ready names. Entries of the heap whose name has another due time by now are leftovers.</summary>
    private void OnTimer()
    {
        lock (_lock)
        {
            if (_disposed) return;
            var now = Now();
            while (_byDue.TryPeek(out var key, out var due) && due <= now)
            {
                _byDue.Dequeue();
                if (_due.TryGetValue(key, out var current) && current == due) AddLocked(key);
            }

            Arm();
        }
    }

    private void Arm()
    {
        if (_disposed) return;
        while (_byDue.TryPeek(out var key, out var due) && (!_due.TryGetValue(key, out var current) || current != due)) _byDue.Dequeue();
        if (!_byDue.TryPeek(out _, out var next)) return;
        // Rounded up to whole milliseconds, the timer's resolution: rounded down it would fire early, again and again.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(TimeSpan.FromTicks(Math.Max(next - Now(), 0)).TotalMilliseconds));
        if (_timer is null) _timer = time.CreateTimer(_ => OnTimer(), null, wait, Timeout.InfiniteTimeSpan);
        else _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
