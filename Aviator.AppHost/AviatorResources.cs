namespace Aviator.AppHost;

/// <summary>
/// Aviator's own programs as resources: on this machine they run as projects, in a cluster from the images of deploy/images.
/// </summary>
internal static class AviatorResources
{
    /// <summary>The agent's port: measurements, health and metrics.</summary>
    public const int AgentPort = 9464;

    /// <summary>The controller's port: health and metrics.</summary>
    public const int ControllerPort = 9465;

    /// <summary>The watchdog's port: health and metrics.</summary>
    public const int WatchdogPort = 9466;

    /// <summary>The port of the controller's live page.</summary>
    public const int PagePort = 9467;

    /// <summary>The Lease by which one controller leads; the watchdog watches it.</summary>
    public const string LeaseName = "aviator-controller";

    /// <summary>The endpoint of each program.</summary>
    public const string Http = "http";

    /// <summary>The endpoint of the live page.</summary>
    public const string Page = "page";

    /// <summary>Adds the agent, which measures the pods of one node.</summary>
    public static IResourceBuilder<ProjectResource> AddAviatorAgent(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings)
    {
        var agent = builder.AddProject<Built<Projects.Aviator_Agent>>(name)
            .WithIconName("Pulse")
            .WithHealthyEndpoint(AgentPort, "Agent__Port")
            .WithLinks("/latencies", "/metrics");
        if (builder.ExecutionContext.IsPublishMode) return agent;
        return agent
            .WithEnvironment("Agent__Source", settings.Source)
            .WithEnvironment(async environment =>
                environment.EnvironmentVariables["Agent__NodeName"] =
                    settings.Node ?? await Kubectl.FirstNodeAsync(environment.CancellationToken));
    }

    /// <summary>Adds the controller, which decides and steers. On this machine it works in the sample workload's namespace only.</summary>
    public static IResourceBuilder<ProjectResource> AddAviatorController(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings)
    {
        var controller = builder.AddProject<Built<Projects.Aviator_Controller>>(name)
            .WithIconName("Airplane")
            .WithHealthyEndpoint(ControllerPort)
            .WithLinks("/metrics")
            .WithEnvironment("Aviator__LeaderElection__Enabled", "true")
            .WithEnvironment("Aviator__LeaderElection__LeaseName", LeaseName);
        if (builder.ExecutionContext.IsPublishMode) return controller;
        return controller
            .WithLivePage()
            .WithEnvironment("Aviator__Namespace", settings.Namespace)
            .WithEnvironment("Aviator__LeaderElection__LeaseNamespace", settings.Namespace);
    }

    /// <summary>Adds the watchdog, which hands the Services back when no controller is left.</summary>
    public static IResourceBuilder<ProjectResource> AddAviatorWatchdog(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings)
    {
        var watchdog = builder.AddProject<Built<Projects.Aviator_Controller>>(name)
            .WithIconName("ShieldTask")
            .WithArgs("watchdog")
            .WithHealthyEndpoint(WatchdogPort)
            .WithLinks("/metrics")
            .WithEnvironment("Watchdog__ReleaseAfter", "00:00:30")
            .WithEnvironment("Watchdog__LeaseName", LeaseName);
        if (builder.ExecutionContext.IsPublishMode) return watchdog;
        return watchdog
            .WithEnvironment("Watchdog__Namespace", settings.Namespace)
            .WithEnvironment("Watchdog__LeaseNamespace", settings.Namespace);
    }

    /// <summary>
    /// Lets the controller read the agent directly, as it does in a cluster while Redis is away. In a cluster it finds the agents by
    /// itself.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithAgent(
        this IResourceBuilder<ProjectResource> controller, IResourceBuilder<ProjectResource> agent) =>
        controller.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? controller
            : controller.WithEnvironment("Aviator__Agents", agent.GetEndpoint(Http)).WaitFor(agent);

    /// <summary>
    /// Gives the program its HTTP endpoint, with the health check that Kubernetes would make. On this machine the port is the
    /// orchestrator's, which forwards to a free one: a second program that asks for the same port does not end the first.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="port">The port that others know.</param>
    /// <param name="variable">The environment variable that takes the port to listen on; null for a program that ASP.NET Core's own
    /// variables reach.</param>
    private static IResourceBuilder<ProjectResource> WithHealthyEndpoint(
        this IResourceBuilder<ProjectResource> program, int port, string? variable = null) =>
        program
            .DisableForwardedHeaders()
            .WithoutHttpsCertificate()
            .WithHttpEndpoint(port, targetPort: program.ApplicationBuilder.ExecutionContext.IsPublishMode ? port : null,
                name: Http, env: variable)
            .WithHttpHealthCheck("/readyz", endpointName: Http);

    /// <summary>Has the controller serve its live page, with a link to it.</summary>
    private static IResourceBuilder<ProjectResource> WithLivePage(this IResourceBuilder<ProjectResource> controller) => controller
        .WithHttpEndpoint(PagePort, name: Page, env: "Aviator__Page__Port")
        .WithEnvironment("Aviator__Page__Enabled", "true")
        .WithUrlForEndpoint(Page, url => url.DisplayText = "Live page");

    private static IResourceBuilder<ProjectResource> WithLinks(this IResourceBuilder<ProjectResource> program, params string[] paths)
    {
        foreach (var path in paths) program.WithUrlForEndpoint(Http, _ => new ResourceUrlAnnotation { Url = path, DisplayText = path });
        return program;
    }
}
