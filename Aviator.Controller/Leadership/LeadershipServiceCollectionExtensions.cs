using Microsoft.Extensions.Options;

namespace Aviator.Controller.Leadership;

/// <summary>Chooses how the controller comes to lead.</summary>
internal static class LeadershipServiceCollectionExtensions
{
    /// <summary>
    /// Adds the election where it is enabled, else a leader without rivals. To be called before the services that write are added: hosted
    /// services end in the reverse order, and the Lease is to be given up after the last write.
    /// </summary>
    public static IServiceCollection AddLeadership(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IValidateOptions<LeaderElectionOptions>, LeaderElectionOptionsValidator>();
        services.AddOptions<LeaderElectionOptions>().BindConfiguration(LeaderElectionOptions.Section).ValidateOnStart();
        if (!configuration.GetSection(LeaderElectionOptions.Section).GetValue<bool>(nameof(LeaderElectionOptions.Enabled)))
            return services.AddSingleton<ILeadership, SoleLeadership>();
        services.AddSingleton<LeadershipMetrics>();
        services.AddSingleton<LeadershipService>();
        services.AddSingleton<ILeadership>(provider => provider.GetRequiredService<LeadershipService>());
        return services.AddHostedService(provider => provider.GetRequiredService<LeadershipService>());
    }
}
