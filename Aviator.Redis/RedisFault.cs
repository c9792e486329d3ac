using System.Security.Authentication;
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

    /// <summary>Its TLS certificate is not trusted, or is for another name.</summary>
    Untrusted,

    /// <summary>It is full: its maxmemory is reached, and it may evict nothing.</summary>
    Full,

    /// <summary>It is of a kind that Aviator cannot use: Redis Cluster, or a Sentinel where a Redis should be.</summary>
    Unsupported,

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
        RedisConnectionException when WhyNoConnection(fault) is { } why => why,
        RedisConnectionException or ObjectDisposedException => Unreachable(),
        RedisServerException answer => From(answer.Message),
        RedisTimeoutException or TimeoutException => Slow(),
        RedisException => Unreachable(),
        _ => null,
    };

    /// <summary>There is no connection.</summary>
    internal static RedisUnavailableException Unreachable() => new(RedisFault.Unreachable, "Redis cannot be reached");

    /// <returns>Null for a server that can be used.</returns>
    internal static RedisUnavailableException? Unsupported(ServerType kind) => kind switch
    {
        ServerType.Cluster => new(RedisFault.Unsupported, "Redis runs in cluster mode, which Aviator cannot use: name one without it"),
        ServerType.Sentinel => new(
            RedisFault.Unsupported, "This is a Redis Sentinel: add serviceName=… to the connection string, the name of what it watches"),
        _ => null,
    };

    private static RedisUnavailableException Slow() =>
        new(RedisFault.Slow, $"Redis does not answer within {RedisLink.CallLimit.TotalMilliseconds:0} ms");

    private static RedisUnavailableException Denied() => new(RedisFault.Denied, "Redis refuses the user or the password");

    /// <summary>
    /// A call says that there is no connection, and the exceptions inside say why. The client has one kind of failure for a refused
    /// password, a certificate that is not trusted and a handshake without an answer, so the kind alone says nothing.
    /// </summary>
    private static RedisUnavailableException? WhyNoConnection(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException)
                return new(RedisFault.Untrusted, "Redis's TLS certificate is not trusted, or is for another name");
            if (Refusal(inner.Message) is { } refusal) return refusal;
        }

        return null;
    }

    /// <returns>Null for an answer that refuses nobody. What a script may not do is told without the code NOPERM.</returns>
    private static RedisUnavailableException? Refusal(string answer) =>
        answer.Contains("NOPERM", StringComparison.Ordinal) || answer.Contains("user executing the script", StringComparison.Ordinal)
            ? new(RedisFault.Denied, "Redis does not allow this user what is needed")
            : answer.Contains("NOAUTH", StringComparison.Ordinal) || answer.Contains("WRONGPASS", StringComparison.Ordinal)
                ? Denied()
                : null;

    /// <summary>Errors begin with a code in capitals; inside scripts Redis may put "ERR" and more in front of it.</summary>
    private static RedisUnavailableException From(string answer)
    {
        if (answer.Contains("OOM ", StringComparison.Ordinal)) return new(RedisFault.Full, "Redis is full (maxmemory is reached)");
        if (Refusal(answer) is { } refusal) return refusal;
        var first = answer.Split(' ', 2)[0];
        return new(
            RedisFault.Error,
            $"Redis answers with the error {(first.Length is > 0 and <= 16 && first.All(char.IsAsciiLetterUpper) ? first : "ERR")}");
    }
}
