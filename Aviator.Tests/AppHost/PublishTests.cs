using Aviator.AppHost;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.AppHost;

/// <summary>The chart that the AppHost publishes beside that of deploy/chart, both rendered by Helm.</summary>
public sealed class PublishTests(PublishedChart published) : IClassFixture<PublishedChart>
{
    [Theory]
    [InlineData("agent")]
    [InlineData("controller")]
    [InlineData("watchdog")]
    public async Task Publish_Workload_IsTheCharts(string component)
    {
        var (ours, chart) = await published.RequireAsync();
        Assert.Equal(Describe(chart.Pod(component)), Describe(ours.Pod(component)));
        Assert.Equal(chart.Replicas(component), ours.Replicas(component));
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("controller")]
    [InlineData("watchdog")]
    public async Task Publish_Rights_AreTheCharts(string component)
    {
        var (ours, chart) = await published.RequireAsync();
        Assert.Equal(chart.Rights(component), ours.Rights(component));
    }

    [Fact]
    public async Task Publish_Definition_IsCopied()
    {
        const string Definition = "aviator.example.com_aviatorpolicies.yaml";
        await published.RequireAsync();
        Assert.Equal(await ReadAsync(Checkout.File("config", "crd", Definition)),
            await ReadAsync(Path.Combine(published.Folder, "crds", Definition)));

        static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    /// <summary>What both must have, a line each. The chart's settings have more, by its values.</summary>
    private static string Describe(V1PodSpec pod)
    {
        var container = Assert.Single(pod.Containers);
        var confined = container.SecurityContext;
        var capabilities = confined.Capabilities;
        var folders = pod.Volumes?.Where(v => v.HostPath is not null).Select(v => v.HostPath.Path);
        var mounts = container.VolumeMounts?.Where(m => m.MountPath.StartsWith("/host", StringComparison.Ordinal)).Select(m => m.MountPath);
        var fields = container.Env?.Where(e => e.ValueFrom?.FieldRef is not null).Select(e => $"{e.Name}={e.ValueFrom.FieldRef.FieldPath}");
        return string.Join('\n',
        [
            $"account {pod.ServiceAccountName} host network {pod.HostNetwork is true} host PID {pod.HostPID is true} dns " +
            $"{pod.DnsPolicy ?? "ClusterFirst"}",
            $"image {container.Image} port {string.Join(',', container.Ports.Select(p => $"{p.Name} {p.ContainerPort}"))}",
            $"user {confined.RunAsUser ?? pod.SecurityContext?.RunAsUser} read-only {confined.ReadOnlyRootFilesystem}",
            $"capabilities drop {List(capabilities.Drop)} add {List(capabilities.Add)}",
            Probe("startup", container.StartupProbe),
            Probe("liveness", container.LivenessProbe),
            Probe("readiness", container.ReadinessProbe),
            $"host folders {List(folders)} at {List(mounts)}",
            $"from fields {List(fields)}",
        ]);
    }

    private static string Probe(string kind, V1Probe probe) =>
        $"{kind} {probe.HttpGet.Scheme} {probe.HttpGet.Path} every {probe.PeriodSeconds} s, {probe.TimeoutSeconds} s, " +
        $"{probe.FailureThreshold} times";

    private static string List(IEnumerable<string>? items) => string.Join(' ', (items ?? []).Order(StringComparer.Ordinal));
}
