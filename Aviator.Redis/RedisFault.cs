using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>What keeps Redis from being used.</summary>
public enum RedisFault
{
    /// <summary>There is no connection.</summary>
    Unreachable,

    /// <summary>It does not answer within <see cref="RedisLink.CallLimit"/>.</summary>
    Slow,

    /// <summary>It refuses the user or the password, or the user may not do what is needed.</summary>
    Denied,

    /// <summary>It is full: its maxmemory is reached, and it may evict nothing.</summary>
    Full,

    /// <summary>It answers with another error, such as LOADING, READONLY or MISCONF.</summary>
    Error,
}

/// <summary>A call to Redis did not succeed. The message never holds anything of the connection string.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">The same for people, always in the same words.</param>
public sealed class RedisUnavailableException(RedisFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public RedisFault Fault { get; } = fault;

    /// <summary>
    /// Puts an exception of the client into words that do not change from call to call; null for one that is no fault of Redis.
    /// </summary>
    internal static RedisUnavailableException? From(Exception fault) => fault switch
    {
        RedisUnavailableException known => known,
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => Denied(),
        // A call says that there is no connection, and inside why there is none.
        RedisConnectionException
        {
            InnerException: RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure }
        } => Denied(),
        RedisConnectionException or ObjectDisposedException => Unreachable(),
        RedisServerException answer => From(answer.Message),
        RedisTimeoutException or TimeoutException => Slow(),
        RedisException => Unreachable(),
        _ => null,
    };

    /// <summary>There is no connection.</summary>
    internal static RedisUnavailableException Unreachable() => new(RedisFault.Unreachable, "Redis cannot be reached");

    private static RedisUnavailableException Slow() =>
        new(RedisFault.Slow, $"Redis does not answer within {RedisLink.CallLimit.TotalMilliseconds:0} ms");

    private static RedisUnavailableException Denied() => new(RedisFault.Denied, "Redis refuses the user or the password");

    /// <summary>Errors begin with a code in capitals; inside scripts Redis may put "ERR" and more in front of it.</summary>
    private static RedisUnavailableException From(string answer)
    {
        if (answer.Contains("OOM ", StringComparison.Ordinal)) return new(RedisFault.Full, "Redis is full (maxmemory is reached)");
        foreach (var code in (string[])["NOAUTH", "WRONGPASS", "NOPERM"])
            if (answer.Contains(code, StringComparison.Ordinal))
                return code == "NOPERM" ? new(RedisFault.Denied, "Redis does not allow this user what is needed") : Denied();
        var first = answer.Split(' ', 2)[0];
        return new(
            RedisFault.Error,
            $"Redis answers with the error {(first.Length is > 0 and <= 16 && first.All(char.IsAsciiLetterUpper) ? first : "ERR")}");
    }
}
