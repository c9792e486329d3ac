using System.Net;
using Aviator.Agent.Access;
using Aviator.Agent.Counters;
using Aviator.Agent.Engines;
using Aviator.Agent.Http;
using Aviator.Agent.Interest;
using Aviator.Agent.Probing;
using Aviator.Agent.Reporting;
using Aviator.Agent.Sources;
using Aviator.Agent.Steering;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Aviator.ServiceDefaults.Health;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Aviator.Agent;

/// <summary>Puts the agent together: options → source → interest → reading and probing → steering → API.</summary>
internal static class AgentHost
{
    /// <summary>Builds the agent, attached to the kernel where it can be. The caller runs and disposes it.</summary>
    /// <param name="args">Command line: options as <c>--Agent:Port=9464</c>.</param>
    /// <param name="openKernel">The way to the kernel.</param>
    /// <param name="configure">Replaces services, for tests that force a fault; null for none.</param>
    /// <param name="openTable">The way to the kernel's connect hooks; null for an agent that only measures.</param>
    /// <exception cref="OptionsValidationException">Options are not acceptable; the exception names every fault.</exception>
    /// <exception cref="InvalidOperationException">An option is unknown, or its value is not of its type.</exception>
    /// <exception cref="SourceUnavailableException">The kernel is insisted on and refuses.</exception>
    /// <exception cref="NoClusterException">There are neither static endpoints nor a cluster.</exception>
    public static WebApplication Build(
        string[] args, OpenKernel openKernel, Action<IServiceCollection>? configure = null, OpenConnectTable? openTable = null)
    {
        // An empty builder: no files are read or watched, and it holds no unused service.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "aviator-agent" });
        builder.Configuration.AddEnvironmentVariables().AddCommandLine(args);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"))
            // The base class logs every single refusal; they are counted, and the refused client gets the reason.
            .AddFilter(typeof(TokenAuthenticationHandler).FullName, LogLevel.Warning)
            .AddConsoleLines();
        builder.AddServiceDefaults("aviator-agent");
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Listen);
        builder.Services.AddRoutingCore();
        AddOptions(builder.Services, builder.Configuration);
        AddInterest(builder.Services, builder.Configuration);
        AddMeasuring(builder.Services, openKernel);
        if (openTable is not null) builder.Services.AddSteering(openTable);
        builder.Services.AddReporting(builder.Configuration);
        AddHealth(builder.Services);
        if (AgentAccess.AsksForTokens(builder.Configuration)) AgentAccess.Add(builder.Services);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        try
        {
            // Faults of the options, the kernel or the cluster are thrown here, before anything runs.
            var options = app.Services.GetRequiredService<AgentOptions>();
            _ = app.Services.GetRequiredService<MeasurementSource>();
            _ = app.Services.GetServices<IHostedService>().Count();
            _ = app.Services.GetService<TokenGate>();
            AgentApi.Map(app, options.Access, steers: openTable is not null);
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    private static void AddOptions(IServiceCollection services, ConfigurationManager configuration)
    {
        services.AddOptions<AgentOptions>()
            .Bind(configuration.GetSection(AgentOptions.Section), binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<AgentOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
    }

    private static void AddMeasuring(IServiceCollection services, OpenKernel openKernel)
    {
        services.AddSingleton(provider => SourceSelector.Select(
            provider.GetRequiredService<AgentOptions>(), openKernel,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SourceSelector))));
        services.AddSingleton<FlowState>();
        services.AddSingleton<KernelStanding>();
        services.AddSingleton<ReadClock>();
        services.AddSingleton<ReadingPace>();
        services.AddSingleton(provider => new TrafficLedger(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<AgentOptions>().SubWindow));
        services.AddSingleton<ProbeLedger>();
        services.AddSingleton(provider =>
            provider.GetRequiredService<MeasurementSource>().Counters is null ? ProbePorts.Any : ProbePorts.Kernel());
        services.AddSingleton<HttpProbe>();
        services.AddSingleton<AgentMetrics>();
        services.AddSingleton<NodeReportBuilder>();
        services.AddHostedService<ReadingLoop>();
        services.AddHostedService<FlowCheck>();
        services.AddHostedService<ProbeScheduler>();
        services.AddSingleton<EngineLedger>();
        services.AddSingleton<EngineClient>();
        services.AddHostedService<EngineScheduler>();
    }

    private static void AddInterest(IServiceCollection services, ConfigurationManager configuration)
    {
        services.AddSingleton<InterestBoard>();
        services.AddSingleton(provider => ClusterAccess.Connect(provider.GetRequiredService<AgentOptions>().Kubeconfig));
        if (configuration.GetSection($"{AgentOptions.Section}:{nameof(AgentOptions.Endpoints)}").Exists())
        {
            services.AddHostedService<StaticInterest>();
            return;
        }

        services.AddSingleton(provider =>
            new ApiConnection(provider.GetRequiredService<k8s.Kubernetes>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<ClusterInterest>();
    }

    private static void AddHealth(IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<LoopHealthCheck>("loop", tags: [HealthTags.Live])
        .AddCheck<SourceHealthCheck>("source", tags: [HealthTags.Ready])
        .AddCheck<InterestHealthCheck>("interest", tags: [HealthTags.Ready]);

    private static void Listen(KestrelServerOptions kestrel)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<AgentOptions>();
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 1024;
        kestrel.Limits.MaxRequestBodySize = 0;
        // Who says nothing gives its place back soon; the controller asks every few seconds.
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(20);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        var share = new ConnectionShare();
        if (options.ListenAddress == "*") kestrel.ListenAnyIP(options.Port, Guard);
        else kestrel.Listen(IPAddress.Parse(options.ListenAddress), options.Port, Guard);

        void Guard(ListenOptions listen) => listen.Use(next => connection => share.RunAsync(connection, next));
    }
}
