using Aviator.Controller.Clocks;
using Aviator.Controller.State;
using Aviator.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>What a process makes of a connection string, with its log and its counts kept for the test.</summary>
internal sealed class RedisClient : IAsyncDisposable, IRedisMetrics
{
    public RedisClient(string connectionString, MonotonicClock? clock = null, string cluster = "test")
    {
        Keys = new(cluster);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:redis"] = connectionString }).Build();
        Link = new(RedisConnectionString.Read(configuration, "aviator-test")!, this, TimeProvider.System, Log.CreateLogger<RedisLink>());
        Reports = new(Link, Keys);
        States = new(Link, Keys, clock ?? new MonotonicClock(TimeProvider.System), Log.CreateLogger<RedisPolicyStateStore>());
    }

    public KeptLog Log { get; } = new();

    public RedisKeys Keys { get; }

    public RedisLink Link { get; }

    public NodeReportStore Reports { get; }

    public RedisPolicyStateStore States { get; }

    public Func<bool> IsUp { get; private set; } = () => false;

    public int Calls;

    public int Failures;

    public static async Task<RedisClient> ConnectAsync(
        string connectionString, MonotonicClock? clock = null, string cluster = "test")
    {
        var client = new RedisClient(connectionString, clock, cluster);
        Assert.True(await client.Link.WhenConnectedAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken), "no connection");
        return client;
    }

    public void ObserveRedis(Func<bool> isUp) => IsUp = isUp;

    public void RedisCalled(string operation, TimeSpan duration) => Interlocked.Increment(ref Calls);

    public void RedisFailed(string operation, RedisFault fault, TimeSpan duration) => Interlocked.Increment(ref Failures);

    public ValueTask DisposeAsync() => Link.DisposeAsync();
}

/// <summary>Keeps every line, exceptions in full, of any level.</summary>
internal sealed class KeptLog : ILoggerFactory, ILoggerProvider, ILogger
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // Nothing is held.
    }
}
