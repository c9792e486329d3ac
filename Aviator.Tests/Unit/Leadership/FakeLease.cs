using Aviator.Controller.Leadership;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>A Lease in memory, shared by the electors of a test, each with its own line that can be cut.</summary>
internal sealed class FakeLease
{
    private readonly Lock _lock = new();
    private int _version;

    public Lease? Now { get; private set; }

    /// <summary>Writes that were taken, with who made them.</summary>
    public List<LeaseSpec> Writes { get; } = [];

    public FakeLine Connect() => new(this);

    public void Delete()
    {
        lock (_lock) Now = null;
    }

    /// <summary>Another writer touches it, but not what its holder wrote.</summary>
    public void Label()
    {
        lock (_lock) Now = Now! with { ResourceVersion = $"{++_version}" };
    }

    public void Put(LeaseSpec spec)
    {
        lock (_lock) Write(spec, Now?.Uid ?? $"u{_version}");
    }

    private Lease Write(LeaseSpec spec, string uid)
    {
        Writes.Add(spec);
        return Now = new(uid, $"{++_version}", spec);
    }

    /// <summary>One process's way to the Lease.</summary>
    internal sealed class FakeLine(FakeLease lease) : ILeaseLock
    {
        /// <summary>What each request ends with instead of an answer.</summary>
        public Exception? Fault { get; set; }

        /// <summary>The request is carried out, but its answer gets lost.</summary>
        public bool LoseAnswers { get; set; }

        /// <summary>Requests hang until they are cancelled.</summary>
        public bool Hang { get; set; }

        public int Requests { get; private set; }

        public Task<Lease?> ReadAsync(CancellationToken cancellationToken) => AnswerAsync(() => lease.Now, cancellationToken);

        public Task<Lease?> CreateAsync(LeaseSpec spec, CancellationToken cancellationToken) =>
            AnswerAsync(() => lease.Now is null ? lease.Write(spec, $"u{lease._version}") : null, cancellationToken);

        public Task<Lease?> ReplaceAsync(Lease seen, LeaseSpec spec, CancellationToken cancellationToken) =>
            AnswerAsync(() => lease.Now is { } now && now.Uid == seen.Uid &&
                now.ResourceVersion == seen.ResourceVersion ? lease.Write(spec, now.Uid) : null, cancellationToken);

        private async Task<Lease?> AnswerAsync(Func<Lease?> answer, CancellationToken cancellationToken)
        {
            Requests++;
            if (Hang) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            if (Fault is { } fault) throw fault;
            Lease? found;
            lock (lease._lock) found = answer();
            return LoseAnswers ? throw new HttpRequestException("the answer got lost") : found;
        }
    }
}
