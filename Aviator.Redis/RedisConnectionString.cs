using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>
/// Reads <c>ConnectionStrings:redis</c>. It may hold a password, so no message repeats any part of it, and nothing keeps it but the client.
/// </summary>
public static class RedisConnectionString
{
    /// <summary>The connection string's name; as an environment variable <c>ConnectionStrings__redis</c>.</summary>
    public const string Name = "redis";

    /// <summary>Time limit of one attempt to connect; attempts are made in the background and delay nothing.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// All commands but those that the client would send by itself and nothing here needs, so that a user needs no right to them: it would
    /// ask for the server's settings and for a cluster's nodes, and listen for a primary that another client has chosen.
    /// </summary>
    private static readonly CommandMap LeastCommands =
        CommandMap.Create(["CONFIG", "CLUSTER", "SUBSCRIBE", "UNSUBSCRIBE"], available: false);

    /// <summary>The client's options; null when no Redis is configured.</summary>
    /// <param name="configuration">The process's configuration.</param>
    /// <param name="clientName">What CLIENT LIST shows.</param>
    /// <exception cref="OptionsValidationException">
    /// The connection string cannot be read; the message says how one is written and repeats nothing of it.
    /// </exception>
    public static ConfigurationOptions? Read(IConfiguration configuration, string clientName)
    {
        if (configuration.GetConnectionString(Name) is not { } text || string.IsNullOrWhiteSpace(text)) return null;
        if (text.Contains("://", StringComparison.Ordinal)) throw Refuse("is a URL");
        ConfigurationOptions options;
        try
        {
            options = ConfigurationOptions.Parse(text);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            // The client's message may quote the text, so it goes no further.
            throw Refuse("cannot be read");
        }

        if (options.EndPoints.Count == 0) throw Refuse("names no server");
        options.ClientName = clientName;

        // The first connection may fail like any later one: the client keeps trying in the background.
        options.AbortOnConnectFail = false;
        // Once, because each of these attempts takes the whole limit, and only their end says why there is no connection.
        options.ConnectTimeout = (int)ConnectLimit.TotalMilliseconds;
        options.ConnectRetry = 1;
        options.ReconnectRetryPolicy = new ExponentialRetry(500, 5000);

        // While there is no connection calls fail at once; nothing piles up to be sent later, when it would be old.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = options.SyncTimeout = (int)RedisLink.CallLimit.TotalMilliseconds;
        options.IncludeDetailInExceptions = false;
        options.IncludePerformanceCountersInExceptions = false;
        options.AllowAdmin = false;

        // A command map in the text (renamed commands) is the operator's own, and stays.
        if (ReferenceEquals(options.CommandMap, CommandMap.Default)) options.CommandMap = LeastCommands;
        options.TieBreaker = options.ConfigurationChannel = "";
        options.SetClientLibrary = false;
        return options;
    }

    private static OptionsValidationException Refuse(string what) => new(
        Name, typeof(ConfigurationOptions),
        [
            $"ConnectionStrings:{Name}: {what}; write it as HOST:PORT[,user=…][,password=…][,ssl=true][,defaultDatabase=…] " +
            "(its text is not shown, it may hold a password)",
        ]);
}
