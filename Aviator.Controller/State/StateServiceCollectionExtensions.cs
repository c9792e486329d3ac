using Aviator.Controller.Clocks;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Redis;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.State;

/// <summary>Chooses where state lives: in Redis when a connection string is configured, else in this process.</summary>
internal static class StateServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IPolicyStateStore"/> and <see cref="ISharedReports"/>.</summary>
    /// <exception cref="OptionsValidationException">The connection string cannot be read.</exception>
    public static void AddState(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<MonotonicClock>();
        if (RedisConnectionString.Read(builder.Configuration, "aviator-controller") is not { } redis)
        {
            services.AddSingleton<IPolicyStateStore, MemoryPolicyStateStore>();
            services.AddSingleton<ISharedReports, NoSharedReports>();
            return;
        }

        services.AddRedisLink<ControllerMetrics>(redis);
        services.AddSingleton(provider => provider.GetRequiredService<RedisLink>().Health);
        services.AddSingleton(provider => new RedisKeys(provider.GetRequiredService<IOptions<ControllerOptions>>().Value.Cluster));
        services.AddSingleton<NodeReportStore>();
        services.AddSingleton<IPolicyStateStore, RedisPolicyStateStore>();
        services.AddSingleton<ISharedReports, RedisReports>();
        // Services start in order of registration, and this one has to be there before the work begins.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, RedisStart>());
    }
}

/// <summary>Gives Redis a moment before anything is restored from it; one that is away does not hold up the start for longer.</summary>
internal sealed class RedisStart(RedisLink link) : IHostedService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => link.WhenConnectedAsync(Limit, cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
