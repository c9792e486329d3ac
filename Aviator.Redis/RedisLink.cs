using System.Diagnostics;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>
/// The process's one connection to Redis. It is made and restored in the background; a call either succeeds within <see cref="CallLimit"/>
/// or fails with a <see cref="RedisUnavailableException"/>, and after one that got no answer the next ones fail at once for a growing
/// pause.
/// </summary>
public sealed partial class RedisLink : IAsyncDisposable
{
    /// <summary>
    /// Longest time that any call takes. The client checks its own time-outs once per second only, so calls are cut here as well.
    /// </summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromMilliseconds(250);

    /// <summary>Pauses after calls without an answer: a dead Redis costs <see cref="CallLimit"/> once in each.</summary>
    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    private readonly ConfigurationOptions _options;
    private readonly IRedisMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<IConnectionMultiplexer>? _connected;
    private readonly CallGate _gate;
    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer> _connection;
    private volatile RedisUnavailableException? _last;

    /// <summary>Begins to connect.</summary>
    /// <param name="options">From <see cref="RedisConnectionString.Read"/>.</param>
    /// <param name="metrics">Counts the calls.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes one line when Redis becomes unusable and one when it is usable again.</param>
    /// <param name="connected">Called with each new connection, before its first call; null for nothing.</param>
    public RedisLink(
        ConfigurationOptions options, IRedisMetrics metrics, TimeProvider time, ILogger<RedisLink> logger,
        Action<IConnectionMultiplexer>? connected = null)
    {
        (_options, _metrics, _time, _logger, _connected) = (options, metrics, time, logger, connected);
        _gate = new CallGate(Pauses, time);
        Health = new RedisHealth(time);
        _connection = ConnectAsync();
        metrics.ObserveRedis(() => IsUp);
    }

    /// <summary>Its state as users see it.</summary>
    public RedisHealth Health { get; }

    /// <summary>Whether the last call succeeded and the connection stands.</summary>
    public bool IsUp => _last is null && _connection is { IsCompletedSuccessfully: true, Result.IsConnected: true };

    /// <summary>Waits for the first connection, at most so long: at the start of a process, where nothing else is held up by it.</summary>
    /// <returns>Whether it stands.</returns>
    public async Task<bool> WhenConnectedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_connection, Task.Delay(limit, _time, cancellationToken)).ConfigureAwait(false);
        return _connection is { IsCompletedSuccessfully: true, Result.IsConnected: true };
    }

    /// <summary>Runs a script. Scripts are sent whole: a server that was restarted or flushed knows none by its hash.</summary>
    /// <param name="operation">The operation's name for metrics and health, one of few.</param>
    /// <param name="script">The Lua text.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="values">Its arguments.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RedisUnavailableException">It did not succeed in time, or was not tried because the last one did not.</exception>
    public async Task<RedisResult> RunAsync(
        string operation, string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        if (!_gate.TryEnter()) throw Note(operation, _last ?? RedisUnavailableException.Unreachable());
        var began = _time.GetTimestamp();
        using var span = RedisTracing.Start(operation);
        try
        {
            if (Connection() is not { } connection) throw RedisUnavailableException.Unreachable();
            if (Unsupported(connection) is { } unsupported) throw unsupported;
            var call = connection.GetDatabase().ScriptEvaluateAsync(script, keys, values, CommandFlags.NoScriptCache);
            var result = await Observed(call).WaitAsync(CallLimit, _time, cancellationToken).ConfigureAwait(false);
            _gate.Answered();
            _last = null;
            _metrics.RedisCalled(operation, _time.GetElapsedTime(began));
            if (Health.Succeeded(operation)) LogUsable(operation);
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _gate.Abandoned();
            throw;
        }
        catch (Exception fault) when (RedisUnavailableException.From(fault) is { } known)
        {
            // An error is an answer too: it came quickly, and the next call may be made at once. While the first connection is being made
            // nothing was asked, so that nothing is held up either, and its end is told at once.
            if (fault is RedisUnavailableException) _gate.Abandoned();
            else if (known.Fault is RedisFault.Unreachable or RedisFault.Slow) _gate.Unanswered();
            else _gate.Answered();
            _last = known;
            _metrics.RedisFailed(operation, known.Fault, _time.GetElapsedTime(began));
            span?.SetTag("error.type", known.Fault.ToString().ToLowerInvariant()).SetStatus(ActivityStatusCode.Error, known.Message);
            throw Note(operation, known);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A connection that is still being made ends by its own time limit; nothing waits for it.
        if (_connection.IsCompletedSuccessfully)
        {
            await (await _connection.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            _ = Observed(_connection).ContinueWith(
                made => made.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
    }

    /// <summary>Told before a call is made: the answer to it would name the symptom, a key's slot or an unknown command.</summary>
    private static RedisUnavailableException? Unsupported(ConnectionMultiplexer connection) => connection.GetServers()
        .Select(server => RedisUnavailableException.Unsupported(server.ServerType)).FirstOrDefault(fault => fault is not null);

    private RedisUnavailableException Note(string operation, RedisUnavailableException fault)
    {
        if (Health.Failed(operation, fault.Message)) LogUnusable(operation, fault.Message);
        return fault;
    }

    /// <returns>Null while it is being made.</returns>
    private ConnectionMultiplexer? Connection()
    {
        lock (_lock)
        {
            // It fails for good only where there is nothing to retry (a certificate that cannot be read): then each call after a pause
            // tries again.
            if (_connection.IsFaulted) _connection = ConnectAsync();
            return _connection.IsCompletedSuccessfully ? _connection.Result : null;
        }
    }

    /// <summary>Connecting looks up names and does more that may block; not on the caller's thread.</summary>
    private Task<ConnectionMultiplexer> ConnectAsync() => Observed(Task.Run(async () =>
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(_options).ConfigureAwait(false);
        _connected?.Invoke(connection);
        return connection;
    }));

    /// <summary>A call that is no longer waited for may fail later; that must not count as an unobserved exception.</summary>
    private static Task<T> Observed<T>(Task<T> task)
    {
        _ = task.ContinueWith(
            static ended => _ = ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis cannot be used for {Operation}: {Reason}")]
    private partial void LogUnusable(string operation, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis is usable again for {Operation}")]
    private partial void LogUsable(string operation);
}
