using Aviator.Redis;
using Microsoft.Extensions.Options;

namespace Aviator.Agent.Reporting;

/// <summary>Shares the node's reports through Redis when a connection string is configured; without one controllers ask by HTTP.</summary>
internal static class ReportingServiceCollectionExtensions
{
    /// <summary>Adds the publisher.</summary>
    /// <exception cref="OptionsValidationException">The connection string cannot be read.</exception>
    public static void AddReporting(this IServiceCollection services, IConfiguration configuration)
    {
        if (RedisConnectionString.Read(configuration, "aviator-agent") is not { } redis) return;
        services.AddRedisLink<AgentMetrics>(redis);
        services.AddSingleton(provider => new RedisKeys(provider.GetRequiredService<AgentOptions>().Cluster));
        services.AddSingleton<NodeReportStore>();
        services.AddHostedService<NodeReportPublisher>();
    }
}
