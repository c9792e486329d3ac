using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Pipelines;
using Aviator.AppHost.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Aviator.AppHost;

/// <summary>
/// Publishes Redis, agent, controller and watchdog as the model describes them. What only a chart written by hand can say (conditions,
/// values with a schema, hooks) is in deploy/chart; a test compares what both have.
/// </summary>
internal static partial class KubernetesManifests
{
    private const string Environment = "k8s";

    /// <summary>The product's version: of the chart, and the tag of the images, as in deploy/chart.</summary>
    private static string Version { get; } = typeof(KubernetesManifests).Assembly.GetName().Version!.ToString(3);

    static partial void AddKubernetes(IDistributedApplicationBuilder builder)
    {
        builder.AddKubernetesEnvironment(Environment)
            .WithDashboard(enabled: false)
            .WithHelm(helm => helm
                .WithChartName("aviator")
                .WithChartVersion(Version)
                .WithChartDescription("Routes a Service's traffic to the pods that answer fastest"));

        Publish<RedisResource>("redis", ChartDefects.Repair);
        Publish<ProjectResource>("agent", Workloads.Agent);
        Publish<ProjectResource>("controller", Workloads.Controller);
        Publish<ProjectResource>("watchdog", Workloads.Watchdog);
        builder.Pipeline.AddStep("publish-shipped-manifests", context =>
        {
            ShippedManifests.AddTo(context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory(), Version);
            return Task.CompletedTask;
        }, dependsOn: $"publish-{Environment}", requiredBy: WellKnownPipelineSteps.Publish);

        void Publish<T>(string name, Action<KubernetesResource> configure)
            where T : IComputeResource =>
            builder.CreateResourceBuilder(builder.Resources.OfType<T>().Single(r => r.Name == name)).PublishAsKubernetesService(configure);
    }
}
