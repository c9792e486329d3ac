using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>Takes the leader's orders, and carries them out.</summary>
internal static class SteeringServiceCollectionExtensions
{
    /// <summary>Adds the board of orders and the loop.</summary>
    /// <param name="services">The agent's services.</param>
    /// <param name="open">The way to the kernel's connect hooks; used once there is something to steer.</param>
    public static void AddSteering(this IServiceCollection services, OpenConnectTable open)
    {
        services.AddRequestDecompression();
        services.AddSingleton<OrderBoard>();
        services.AddSingleton<SteeringStatus>();
        services.AddSingleton(provider => new ReadinessFollower(
            provider.GetService<ApiConnection>(),
            provider.GetRequiredService<AgentOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ReadinessFollower>>(),
            provider.GetRequiredService<OrderBoard>().Changed.Send));
        services.AddSingleton(provider => new HeldTable(
            open,
            provider.GetRequiredService<AgentOptions>().Steering,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HeldTable>>()));
        services.AddHostedService<SteeringLoop>();
    }
}
