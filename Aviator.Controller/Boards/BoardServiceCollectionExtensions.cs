using Aviator.Controller.Leadership;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Boards;

/// <summary>Adds the live page where it is enabled.</summary>
internal static class BoardServiceCollectionExtensions
{
    /// <summary>Adds the options, and what serves the page where they ask for it: without it nothing of the board is kept.</summary>
    public static IServiceCollection AddBoard(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IValidateOptions<PageOptions>, PageOptionsValidator>();
        services.AddOptions<PageOptions>().BindConfiguration(PageOptions.Section).ValidateOnStart();
        if (!configuration.GetSection(PageOptions.Section).GetValue<bool>(nameof(PageOptions.Enabled))) return services;
        services.AddSingleton(provider =>
            new BoardKeeper(provider.GetRequiredService<ILeadership>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<BoardPublisher>();
        services.AddSingleton<SimulationRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<BoardPublisher>());
        return services.AddHostedService<PageServer>();
    }
}
