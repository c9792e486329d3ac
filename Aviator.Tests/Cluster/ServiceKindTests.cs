using System.Net;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Services of other forms than one port and a handful of pods.</summary>
public sealed class ServiceKindTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const int NodePort = 30480;

    [Fact]
    [Trait("Catalogue", "17")]
    public async Task NamedTargetPort_WithAnotherNumberInEachPod_ResolvesPerPod()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await Workload.AddAsync(["c", "slow2:300"], (name, delay) => Workload.PodManifest(name, delay, port: 9090), Stop);
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b", "c");
        await ElapsedAsync(traffic, 4);
        var shape = await ShapeAsync();
        Assert.Equal(["http:8080/TCP", "http:9090/TCP"], shape.Own.Select(s => s.Ports).Order(StringComparer.Ordinal));
        await DeletePolicyAsync();
        await ReleasedAsync(original);
        var all = await NothingLostAsync(traffic);
        Assert.Equal(5, all.ByPod.Count);
    }

    /// <summary>Readers find slices by their Service's labels, and kube-proxy learns since when a pod waits.</summary>
    [Fact]
    public async Task LabelsAndTriggerTime_OnOwnSlices_AreAsOnThoseOfKubernetes()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        await Api.Kubectl.RunAsync(["label", "service", Workload.Service, "-n", Namespace, "tier=front"], cancellationToken: Stop);
        await ApplyPolicyAsync("selection: {mode: percentage, percentage: 100}");
        await SteeredToAsync("a", "b");
        await OwnSliceSaysAsync("front", "{.items[*].metadata.labels.tier}");

        await Api.Kubectl.RunAsync(["label", "service", Workload.Service, "-n", Namespace, "tier=back", "--overwrite"],
            cancellationToken: Stop);
        await OwnSliceSaysAsync("back", "{.items[*].metadata.labels.tier}");

        var before = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(1);
        await Workload.AddAsync(Stop, "c");
        await SteeredToAsync("a", "b", "c");
        var time = await OwnSlicesAsync("{.items[*].metadata.annotations.endpoints\\.kubernetes\\.io/last-change-trigger-time}");
        Assert.InRange(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow);
    }

    private async Task<string> OwnSlicesAsync(string path) => (await Api.Kubectl.RunAsync(
        ["get", "endpointslices", "-n", Namespace, "-l", "endpointslice.kubernetes.io/managed-by=aviator-controller", "-o",
            $"jsonpath={path}"], cancellationToken: Stop)).Trim();

    private Task<TimeSpan> OwnSliceSaysAsync(string text, string path) => Waiting.UntilAsync($"own slices to say {text}", DecisionLimit,
        async () => await OwnSlicesAsync(path) == text, Stop);

    [Fact]
    public async Task TwoPorts_OneDecides_BothAreSteered()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var manifest = Workload.ServiceManifest().Replace(
            "ports: [", "ports: [{name: control, port: 81, targetPort: 8081, protocol: TCP}, ", StringComparison.Ordinal);
        var control = await Workload.ExposeAsync(Stop, manifest);
        await using var traffic = Traffic(new IPEndPoint(control.Address, 80));
        var original = await ShapeAsync();
        await ApplyPolicyAsync("selection: {mode: threshold}");
        // The decision must rest on the port that the policy names, not on the first one, which is fast in every pod.
        await Workload.ApplyAsync(PolicyText.For(Workload.Service, "selection: {mode: threshold}")
            .Replace("name: app", "name: app\n    port: http", StringComparison.Ordinal), Stop);
        await SteeredToAsync("a", "b");
        await using var second = TrafficGenerator.Start(new() { Target = control, Path = "/stats", RequestsPerSecond = 30 });
        await ElapsedAsync(traffic, 4);
        Assert.All((await ShapeAsync()).Own, s => Assert.Equal("control:8081/TCP,http:8080/TCP", s.Ports));
        await NothingLostAsync(second);
        await NothingLostAsync(traffic);
        await DeletePolicyAsync();
        await ReleasedAsync(original);
    }

    [Fact]
    [Trait("Catalogue", "29")]
    public async Task NodePort_WithExternalTrafficPolicyLocal_LosesNothing()
    {
        var cluster = Environment.GetEnvironmentVariable("AVIATOR_CLUSTER");
        var node = Environment.GetEnvironmentVariable("AVIATOR_NODE_IP");
        Assert.SkipWhen(string.IsNullOrEmpty(cluster) || string.IsNullOrEmpty(node),
            "A client outside the node is needed; eng/cluster has one.");
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await Workload.ExposeAsync(Stop, Workload.ServiceManifest($"type: NodePort\n  externalTrafficPolicy: Local").Replace(
            "targetPort: http,", $"targetPort: http, nodePort: {NodePort},", StringComparison.Ordinal));
        var original = await ShapeAsync();
        await using var wrk = Wrk.Start(new(IPAddress.Parse(node!), NodePort), 60, 4,
            ["nsenter", $"--net=/run/netns/{cluster}-outside", "--"]);
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        await DeletePolicyAsync();
        await ReleasedAsync(original);
        var load = await wrk.EndAsync(Stop);
        Assert.True(load is { Errors: 0, Requests: > 100 }, load.Text);
    }

    [Fact]
    public async Task LowTraffic_OneRequestASecondAPod_EjectsNobodyForNoise()
    {
        string[] pods = ["a", "b", "c", "d"];
        await Workload.AddAsync(Stop, pods);
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop), 4);
        await ApplyPolicyAsync("latencyThreshold: 100ms\ncircuitBreaker: {enabled: true, p99Threshold: 200ms, consecutiveViolations: " +
            "1}\nselection: {mode: threshold}\nsafety: {minEndpoints: 1}");
        await SteeredToAsync(pods);
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await ConditionBecomesAsync("InsufficientTraffic", "True", limit: TimeLimits.Seconds(20));
        // One slow answer of each pod in turn: the 99th percentile of its few samples, which is their maximum, lies above both thresholds
        // from then on. That is noise; the pod is as fast as ever.
        foreach (var pod in pods)
        {
            await Workload.SetAsync(pod, "once=400", Stop);
            await ElapsedAsync(traffic, 8);
        }

        Assert.All(watch.Seen, seen => Assert.True(seen.Shape.OwnReady.Count == pods.Length, watch.Describe()));
        var all = await NothingLostAsync(traffic);
        Assert.True(all.Outcomes.Count(o => o.Latency > TimeSpan.FromMilliseconds(300)) >= 3,
            "hardly a request was slow, so nothing was tried");
    }
}
