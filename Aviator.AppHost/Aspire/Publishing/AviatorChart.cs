using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.DependencyInjection;

namespace Aviator.AppHost.Aspire.Publishing;

/// <summary>
/// Publishes Redis, agent, controller and watchdog, as the topology describes them. What only a chart written by hand can say (conditions,
/// values with a schema, hooks) is in deploy/chart; a test compares what both have.
/// </summary>
internal static class AviatorChart
{
    private const string Environment = "k8s";

    /// <summary>The product's version: of the chart, and the tag of the images, as in deploy/chart.</summary>
    private static readonly string Version = typeof(AviatorChart).Assembly.GetName().Version!.ToString(3);

    /// <summary>Adds the resources and what becomes of them in Kubernetes.</summary>
    public static void PublishAviator(this IDistributedApplicationBuilder builder)
    {
        builder.AddKubernetesEnvironment(Environment).WithProperties(k8s =>
        {
            k8s.HelmChartName = "aviator";
            k8s.HelmChartVersion = Version;
            k8s.HelmChartDescription = "Routes a Service's traffic to the pods that answer fastest";
        });

        var redis = builder.AddRedis(Topology.Redis.Name).PublishAsKubernetesService(ChartDefects.Repair);
        builder.Add(Topology.Agent, redis).PublishAsKubernetesService(Workloads.Agent);
        builder.Add(Topology.Controller, redis).PublishAsKubernetesService(Workloads.Controller);
        builder.Add(Topology.Watchdog, redis).PublishAsKubernetesService(Workloads.Watchdog);
        builder.AddDefinitions();
    }

    /// <summary>
    /// The images are those of deploy/images, which know more than Aspire's own container build would: the unprivileged user, the libraries of the
    /// kernel's side. The watchdog's has its role built in.
    /// </summary>
    private static IResourceBuilder<ContainerResource> Add(this IDistributedApplicationBuilder builder, Part part, IResourceBuilder<RedisResource> redis)
    {
        var container = builder.AddContainer(part.Name, $"aviator-{part.Name}", Version)
            .WithHttpEndpoint(targetPort: part.Port, name: "http");
        foreach (var (name, value) in part.Environment) container.WithEnvironment(name, value);
        return part.UsesRedis ? container.WithReference(redis) : container;
    }

    /// <summary>Helm installs crds/ before templates/ and never templates it, so the definition goes there as it is.</summary>
    private static void AddDefinitions(this IDistributedApplicationBuilder builder) =>
        builder.Pipeline.AddStep("publish-crds", context =>
        {
            var crds = Directory.CreateDirectory(Path.Combine(context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory(), "crds"));
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "config", "crd"), "*.yaml"))
                File.Copy(file, Path.Combine(crds.FullName, Path.GetFileName(file)), overwrite: true);
            return Task.CompletedTask;
        }, dependsOn: $"publish-{Environment}", requiredBy: WellKnownPipelineSteps.Publish);
}
