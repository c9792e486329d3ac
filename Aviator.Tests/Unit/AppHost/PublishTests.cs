using Aviator.Demo.Processes;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.AppHost;

/// <summary>
/// Publishes with Aspire and holds what it writes beside the chart of deploy/chart, both rendered by Helm. Compiled only where Aspire's packages are:
/// without them the AppHost is the plain host, which does not publish.
/// </summary>
public sealed class PublishTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"aviator-publish-{Guid.NewGuid():N}");
    private RenderedChart _published = null!;
    private RenderedChart _chart = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var host = Path.Combine(AviatorProgram.Root, "Aviator.AppHost", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "Aviator.AppHost.dll");
        var result = await Command.RunAsync(["dotnet", host, "--operation", "publish", "--step", "publish", "--output-path", _folder], limit: Limit, cancellationToken: Stop);
        // Its exit code is 0 even where a step failed, so the files tell.
        Assert.True(File.Exists(Path.Combine(_folder, "Chart.yaml")), $"nothing was published: {result.Output}{result.Error}");
        _published = await RenderedChart.OfAsync(_folder, Stop, "secrets.redis.REDIS_PASSWORD=letters");
        _chart = await RenderedChart.OfAsync(Path.Combine(AviatorProgram.Root, "deploy", "chart", "aviator"), Stop);
    }

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("controller")]
    [InlineData("watchdog")]
    public void Publish_Workload_IsTheCharts(string component)
    {
        var (published, chart) = (_published.Pod(component), _chart.Pod(component));
        Assert.Equal(Describe(chart), Describe(published));
        Assert.Equal(_chart.Replicas(component), _published.Replicas(component));
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("controller")]
    [InlineData("watchdog")]
    public void Publish_Rights_AreTheCharts(string component) => Assert.Equal(_chart.Rights(component), _published.Rights(component));

    [Fact]
    public void Publish_Definition_IsCopied() =>
        Assert.Equal(
            File.ReadAllText(Path.Combine(AviatorProgram.Root, "config", "crd", "aviator.example.com_aviatorpolicies.yaml")),
            File.ReadAllText(Path.Combine(_folder, "crds", "aviator.example.com_aviatorpolicies.yaml")));

    /// <summary>What both must have, a line each. The chart's settings have more, by its values.</summary>
    private static string Describe(V1PodSpec pod)
    {
        var container = Assert.Single(pod.Containers);
        var confined = container.SecurityContext;
        return string.Join('\n',
        [
            $"account {pod.ServiceAccountName} host network {pod.HostNetwork is true} host PID {pod.HostPID is true} dns {pod.DnsPolicy ?? "ClusterFirst"}",
            $"image {container.Image} port {string.Join(',', container.Ports.Select(p => $"{p.Name} {p.ContainerPort}"))}",
            $"user {confined.RunAsUser ?? pod.SecurityContext?.RunAsUser} read-only {confined.ReadOnlyRootFilesystem} drop {List(confined.Capabilities.Drop)} add {List(confined.Capabilities.Add)}",
            Probe("startup", container.StartupProbe), Probe("liveness", container.LivenessProbe), Probe("readiness", container.ReadinessProbe),
            $"host folders {List(pod.Volumes?.Where(v => v.HostPath is not null).Select(v => v.HostPath.Path))} at {List(container.VolumeMounts?.Where(m => m.MountPath.StartsWith("/host", StringComparison.Ordinal)).Select(m => m.MountPath))}",
            $"from fields {List(container.Env?.Where(e => e.ValueFrom?.FieldRef is not null).Select(e => $"{e.Name}={e.ValueFrom.FieldRef.FieldPath}"))}",
        ]);
    }

    private static string Probe(string kind, V1Probe probe) =>
        $"{kind} {probe.HttpGet.Scheme} {probe.HttpGet.Path} every {probe.PeriodSeconds} s, {probe.TimeoutSeconds} s, {probe.FailureThreshold} times";

    private static string List(IEnumerable<string>? items) => string.Join(' ', (items ?? []).Order(StringComparer.Ordinal));
}
