using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using OpenTelemetry.Trace;
using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>
/// Calls to Redis as spans. The link's own span says which operation it was and whether it succeeded in time; the client's, inside it, when
/// the command was sent and answered.
/// </summary>
public static class RedisTracing
{
    private static readonly ActivitySource Source = new("Aviator.Redis");

    /// <summary>How long the client's spans of finished commands are gathered before they are exported.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromSeconds(1);

    /// <summary>Adds the process's connection, and the client's spans when traces are exported.</summary>
    /// <typeparam name="TMetrics">The process's instruments.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="options">From <see cref="RedisConnectionString.Read"/>.</param>
    public static void AddRedisLink<TMetrics>(this IServiceCollection services, ConfigurationOptions options)
        where TMetrics : class, IRedisMetrics
    {
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddRedisInstrumentation(redis => redis.FlushInterval = Gathering));
        services.AddSingleton(provider => new RedisLink(
            options,
            provider.GetRequiredService<TMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisLink>>(),
            connection => Instrument(provider, connection)));
    }

    /// <summary>Begins the span of a call; null when nothing listens.</summary>
    internal static Activity? Start(string operation) =>
        Source.HasListeners()
            ? Source.StartActivity($"redis {operation}")?.SetTag("db.system.name", "redis").SetTag("db.operation.name", operation)
            : null;

    private static void Instrument(IServiceProvider provider, IConnectionMultiplexer connection)
    {
        // Without a tracer nothing would take the client's records away.
        if (provider.GetService<TracerProvider>() is null) return;
        provider.GetRequiredService<StackExchangeRedisInstrumentation>().AddConnection(connection);
    }
}
