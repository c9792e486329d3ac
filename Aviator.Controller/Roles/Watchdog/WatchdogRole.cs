using Aviator.Controller.Clocks;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Aviator.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>The watchdog: it releases every steered Service when the controllers are gone.</summary>
internal static class WatchdogRole
{
    /// <summary>Runs until the process is asked to end.</summary>
    /// <param name="args">The command line after the role's name.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddCommandLine(args, new Dictionary<string, string>
        {
            ["--kubeconfig"] = "Watchdog:Kubeconfig",
            ["--namespace"] = "Watchdog:Namespace",
            ["--release-after"] = "Watchdog:ReleaseAfter",
        });
        if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls("http://*:9466");
        builder.Logging.AddConsoleLines();
        builder.AddServiceDefaults("aviator-watchdog");
        AddServices(builder.Services);

        var app = builder.Build();
        app.MapDefaultEndpoints();

        // Faults of the options and of the kubeconfig are reported before anything runs.
        _ = app.Services.GetRequiredService<IOptions<WatchdogOptions>>().Value;
        _ = app.Services.GetRequiredService<WatchdogStanding>();
        return await app.RunToExitCodeAsync();
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<WatchdogOptions>, WatchdogOptionsValidator>();
        services.AddOptions<WatchdogOptions>().BindConfiguration(WatchdogOptions.Section).ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => ClusterAccess.Connect(Options(provider).Kubeconfig));
        services.AddSingleton(provider => new ControllerSilence(Options(provider).ReleaseAfter, SuspendAwareClock.Instance));
        services.AddSingleton(provider => Standing(provider));
        services.AddSingleton<ILeadership>(provider => provider.GetRequiredService<WatchdogStanding>());
        services.AddSingleton(provider => new LeaseWatch(
            Unguarded(provider),
            NameOfLease(provider),
            provider.GetRequiredService<WatchdogStanding>().Heard,
            provider.GetRequiredService<ILogger<LeaseWatch>>()));
        services.AddSingleton(provider =>
        {
            var standing = provider.GetRequiredService<WatchdogStanding>();
            var client = provider.GetRequiredService<k8s.Kubernetes>();
            return new ApiConnection(client, TimeProvider.System) { MayWrite = () => standing.Term is not null };
        });
        services.AddSingleton<ControllerMetrics>();
        services.AddSingleton<WatchdogMetrics>();
        services.AddSingleton<EventRecorder>();
        services.AddSingleton<IEventRecorder>(provider => provider.GetRequiredService<EventRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<EventRecorder>());
        services.AddSingleton(provider => new UnattendedPolicies(
            provider.GetRequiredService<ApiConnection>(),
            provider.GetRequiredService<ControllerMetrics>(),
            Options(provider).Namespace,
            provider.GetRequiredService<ILogger<UnattendedPolicies>>()));
        services.AddSingleton<WatchdogService>();
        services.AddHostedService(provider => provider.GetRequiredService<WatchdogService>());
        services.AddHealthChecks()
            .AddCheck<WatchingCheck>("running", tags: [HealthTags.Live])
            .AddCheck<SyncedCheck>("caches", tags: [HealthTags.Ready]);
    }

    private static WatchdogOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<WatchdogOptions>>().Value;

    private static WatchdogStanding Standing(IServiceProvider provider)
    {
        var silence = provider.GetRequiredService<ControllerSilence>();
        var standing = new WatchdogStanding(
            new LeaseApi(Unguarded(provider), NameOfLease(provider)),
            silence,
            SuspendAwareClock.Instance,
            provider.GetRequiredService<ILogger<WatchdogStanding>>());
        provider.GetRequiredService<WatchdogMetrics>().Observe(() => silence.Length.TotalSeconds, () => standing.Term is not null);
        return standing;
    }

    private static ApiConnection Unguarded(IServiceProvider provider) =>
        new(provider.GetRequiredService<k8s.Kubernetes>(), TimeProvider.System);

    private static ObjectKey NameOfLease(IServiceProvider provider)
    {
        var options = Options(provider);
        return LeaseName.Resolve(options.LeaseName, options.LeaseNamespace, $"{WatchdogOptions.Section}:LeaseNamespace");
    }
}
