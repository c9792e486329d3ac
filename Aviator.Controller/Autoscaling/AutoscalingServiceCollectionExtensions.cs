using Aviator.Controller.Analysis;
using Aviator.Kubernetes;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Autoscaling;

/// <summary>Adds the figures for autoscalers where they are enabled.</summary>
internal static class AutoscalingServiceCollectionExtensions
{
    /// <summary>Adds the options, and what serves the figures where they ask for it: without it none is kept.</summary>
    public static IServiceCollection AddAutoscaling(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IValidateOptions<AutoscalingOptions>, AutoscalingOptionsValidator>();
        services.AddOptions<AutoscalingOptions>().BindConfiguration(AutoscalingOptions.Section).ValidateOnStart();
        var options = new AutoscalingOptions();
        configuration.GetSection(AutoscalingOptions.Section).Bind(options);
        if (!options.Enabled) return services;
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<AutoscalingOptions>>().Value);
        services.AddSingleton<FigureKeeper>();
        services.AddSingleton<VersionAnalyses>();
        services.AddSingleton<ServingCertificate>();
        services.AddSingleton(provider => new AccessReviews(
            new ApiConnection(provider.GetRequiredService<k8s.Kubernetes>(), provider.GetRequiredService<TimeProvider>())
            {
                RequestTimeout = AccessReviews.Timeout,
            },
            provider.GetRequiredService<AutoscalingOptions>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FrontProxySource>();
        services.AddHostedService(provider => provider.GetRequiredService<FrontProxySource>());
        services.AddSingleton<CallerIdentification>();
        services.AddSingleton<AutoscalingRequests>();
        services.AddHostedService<AutoscalingServer>();
        return LeaderEndpoint.IsKnown(options) ? services.AddHostedService<LeaderEndpoint>() : services;
    }
}
