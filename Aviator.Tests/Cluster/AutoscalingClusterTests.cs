using System.Net;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>An HPA that scales by what Aviator measures, through the real API server, from the installed chart.</summary>
[Collection(Disruptive.Name)]
public sealed class AutoscalingClusterTests(ClusterFixture cluster) : ReleaseTest(cluster, byClientSide: true)
{
    private const string ApiService = "apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io";

    /// <summary>An HPA looks every 15 s, and at its first look there may be no figure yet.</summary>
    private static readonly TimeSpan HpaLimit = TimeLimits.Seconds(120);

    private string Metric => $"apis/external.metrics.k8s.io/v1beta1/namespaces/{Namespace}/aviator_requests_per_second";

    private string Selected => $"{Metric}?labelSelector=service%3D{Workload.Service}";

    [Fact]
    public async Task Hpa_OnTheRateOfRequests_ReadsItAndAddsPods()
    {
        await AnotherProviderIsLeftAloneAsync();
        await Release.InstallAsync(Stop, "controller.autoscaling.enabled=true");
        await AvailableAsync();
        // The HPA is there before anything is measured: that is no error of the API.
        await Workload.ApplyAsync(Deployment, Stop);
        await Workload.ApplyAsync(await HpaAsync(), Stop);
        Assert.Empty((await Api.GetAsync(Selected, Stop))!.Value.GetProperty("items").EnumerateArray());

        await Workload.ApplyAsync(Workload.ServiceManifest(), Stop);
        var service = await Workload.AddressAsync(Stop);
        await ApplyPolicyAsync("selection: {mode: adaptive}");
        await using var traffic = Traffic(service, requestsPerSecond: 60);

        await MetricIsThereAsync();
        await HpaReadsAndScalesAsync();
        await OnlyWhoMayReadsAsync();
        // There is no figure until the pod that was added is counted as well.
        await MetricIsThereAsync();
        await KedaReadsAsync();

        // Whichever leads then writes its own address.
        await Api.Kubectl.RunAsync(
            ["delete", "pods", "-n", ChartRelease.Home, "-l", "app.kubernetes.io/component=controller", "--wait=false"],
            cancellationToken: Stop);
        await Waiting.UntilAsync("another address behind the Service", HpaLimit, async () =>
            (await AddressesAsync()).IsSubsetOf(await PodAddressesAsync()), Stop);
        await MetricIsThereAsync();

        await Release.UninstallAsync(Stop);
        Assert.Null(await Api.GetAsync(ApiService, Stop));
    }

    /// <summary>Where HPAs depend on another provider, the installation is refused, and says what to set.</summary>
    private async Task AnotherProviderIsLeftAloneAsync()
    {
        await Api.Kubectl.RunAsync(["apply", "-f", "-"], AnotherProvider, Stop);
        try
        {
            var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                Release.InstallAsync(Stop, "controller.autoscaling.enabled=true"));
            Assert.Contains("Service adapter in namespace elsewhere provides", refusal.Message, StringComparison.Ordinal);
            var api = (await Api.GetAsync(ApiService, Stop))!.Value;
            Assert.Equal("adapter", api.GetProperty("spec").GetProperty("service").GetProperty("name").GetString());
        }
        finally
        {
            // As long as it is there and answers nothing, no namespace can be removed.
            await Api.Kubectl.RunAsync(["delete", "apiservice", "v1beta1.external.metrics.k8s.io"],
                cancellationToken: CancellationToken.None);
        }
    }

    private Task<TimeSpan> AvailableAsync()
    {
        var last = "";
        return Waiting.UntilAsync("the API server to take the API for available", HpaLimit, async () =>
        {
            var api = await Api.GetAsync(ApiService, Stop);
            last = $"{api}";
            return api is { } found && found.TryGetProperty("status", out var status)
                && status.GetProperty("conditions").EnumerateArray().Any(condition =>
                    condition.GetProperty("type").GetString() == "Available" && condition.GetProperty("status").GetString() == "True");
        }, Stop, () => last);
    }

    private Task<TimeSpan> MetricIsThereAsync()
    {
        var last = "";
        return Waiting.UntilAsync("the rate of the Service's requests", HpaLimit, async () =>
        {
            var list = await Api.GetAsync(Selected, Stop);
            last = $"{list}";
            return list is { } found && found.GetProperty("items").EnumerateArray().Any(item =>
                item.GetProperty("metricLabels").GetProperty("service").GetString() == Workload.Service);
        }, Stop, () => last);
    }

    private async Task HpaReadsAndScalesAsync()
    {
        var last = "";
        await Waiting.UntilAsync("the HPA to read the rate and add a pod", HpaLimit, async () =>
        {
            var hpas = $"apis/autoscaling/{await HpaVersionAsync()}/namespaces/{Namespace}/horizontalpodautoscalers";
            var hpa = await Api.GetAsync($"{hpas}/app", Stop);
            var deployment = await Api.GetAsync($"apis/apps/v1/namespaces/{Namespace}/deployments/app", Stop);
            last = $"{hpa}";
            return hpa is { } found && found.TryGetProperty("status", out var status)
                && status.TryGetProperty("currentMetrics", out var metrics) && metrics.ValueKind == JsonValueKind.Array
                && metrics.EnumerateArray().Any(metric => metric.TryGetProperty("external", out var external)
                    && external.GetProperty("current").TryGetProperty("averageValue", out var value) && value.GetString() != "0")
                && deployment?.GetProperty("spec").GetProperty("replicas").GetInt32() > 2;
        }, Stop, () => last);
    }

    private async Task OnlyWhoMayReadsAsync()
    {
        var refused = await Api.Kubectl.TryAsync(["get", "--raw", $"/{Selected}", "--as", "nobody"], cancellationToken: Stop);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Forbidden", refused.Error, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>As KEDA asks: at the Service itself, with a token, by the authority that the chart made.</summary>
    private async Task KedaReadsAsync()
    {
        await Workload.ApplyAsync(FigureService.AccountManifest, Stop);
        using var service = await FigureService.ConnectAsync(Api, Namespace, Stop);
        var path = $"/autoscaling/v1/namespaces/{Namespace}/services/{Workload.Service}";
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.AskAsync(HttpMethod.Get, path, null, Stop)).Status);
        var stranger = await service.TokenAsync("default", Stop);
        Assert.Equal(HttpStatusCode.Forbidden, (await service.AskAsync(HttpMethod.Get, path, stranger, Stop)).Status);

        var token = await service.TokenAsync(FigureService.Account, Stop);
        var (status, body) = await service.AskAsync(HttpMethod.Get, path, token, Stop);
        Assert.True(status == HttpStatusCode.OK, body);
        using var figures = JsonDocument.Parse(body);
        Assert.InRange(figures.RootElement.GetProperty("requestsPerSecond").GetDouble(), 20, 120);
        Assert.True(figures.RootElement.GetProperty("p99Milliseconds").GetDouble() > 0, body);
    }

    /// <summary>Where the Service leads, by its Endpoints.</summary>
    private async Task<HashSet<string>> AddressesAsync()
    {
        var endpoints = await Api.GetAsync($"api/v1/namespaces/{ChartRelease.Home}/endpoints/{FigureService.Name}", Stop);
        return endpoints!.Value.GetProperty("subsets").EnumerateArray()
            .SelectMany(subset => subset.GetProperty("addresses").EnumerateArray())
            .Select(address => address.GetProperty("ip").GetString()!).ToHashSet();
    }

    /// <summary>The controllers that run and are not about to end.</summary>
    private async Task<HashSet<string>> PodAddressesAsync() =>
        (await Api.ListAsync(
            $"api/v1/namespaces/{ChartRelease.Home}/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dcontroller", Stop))
            .Where(pod => !pod.GetProperty("metadata").TryGetProperty("deletionTimestamp", out _)
                && pod.GetProperty("status").TryGetProperty("podIP", out _))
            .Select(pod => pod.GetProperty("status").GetProperty("podIP").GetString()!).ToHashSet();

    private async Task<string> HpaVersionAsync() => await Api.GetAsync("apis/autoscaling/v2", Stop) is null ? "v2beta2" : "v2";

    /// <summary>20 a second and pod: 60 a second are more than the two that there are can have.</summary>
    private async Task<string> HpaAsync() => $$"""
        apiVersion: autoscaling/{{await HpaVersionAsync()}}
        kind: HorizontalPodAutoscaler
        metadata: {name: app}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}
          minReplicas: 2
          maxReplicas: 4
          metrics:
            - type: External
              external:
                metric:
                  name: aviator_requests_per_second
                  selector: {matchLabels: {service: {{Workload.Service}} } }
                target: {type: AverageValue, averageValue: "20"}
        """;

    private const string AnotherProvider = """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1beta1.external.metrics.k8s.io}
        spec:
          group: external.metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          insecureSkipTLSVerify: true
          service: {name: adapter, namespace: elsewhere}
        """;

    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          replicas: 2
          selector: {matchLabels: {app: app}}
          template:
            metadata: {labels: {app: app}}
            spec:
              terminationGracePeriodSeconds: 1
              automountServiceAccountToken: false
              enableServiceLinks: false
              containers:
                - name: app
                  image: aviator-testapp:dev
                  imagePullPolicy: Never
                  env:
                    - {name: DELAY_MS, value: "10"}
                    - {name: SERVICE_PORT, value: "8080"}
                    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                  ports: [{name: http, containerPort: 8080}]
                  resources: {requests: {cpu: 100m}}
        """;

    private protected override async Task ReportReleaseAsync()
    {
        var output = TestContext.Current.TestOutputHelper;
        foreach (var arguments in (string[][])
        [
            ["get", "pods,events,endpoints", "-n", ChartRelease.Home, "-o", "wide"],
            ["get", "apiservice", "v1beta1.external.metrics.k8s.io", "-o", "yaml"],
            ["describe", "hpa", "-n", Namespace],
            ["logs", "-n", ChartRelease.Home, "-l", "app.kubernetes.io/component=controller", "--tail=200", "--prefix"],
        ])
            output?.WriteLine((await Api.Kubectl.TryAsync(arguments, cancellationToken: CancellationToken.None)).Output);
    }
}
