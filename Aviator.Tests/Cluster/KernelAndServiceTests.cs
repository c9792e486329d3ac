using System.Net;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// routing: KernelAndService: the node's kernel chooses for what connects to the ClusterIP, and kube-proxy from own slices for all else.
/// </summary>
public sealed class KernelAndServiceTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Both = "routing: KernelAndService\nselection: {mode: threshold}";

    [Fact]
    public async Task Policy_AppliedAndDeletedUnderLoad_SteersBothWaysWithoutOneError()
    {
        await Workload.AddAsync(Stop, "fast-1", "fast-2", "slow-1:300", "slow-2:300");
        var (inside, outside) = await ExposeBothAsync();
        var original = await ShapeAsync();
        await using var kernel = Traffic(inside);
        await using var proxied = Traffic(outside);

        await ApplyPolicyAsync(Both);
        await SteeredToAsync("fast-1", "fast-2");
        await ConditionBecomesAsync("Steering", "True", "KernelAndService");
        await ConditionBecomesAsync("Ready", "True");
        var (fromKernel, fromProxy) = (kernel.Now + TimeSpan.FromSeconds(1), proxied.Now + TimeSpan.FromSeconds(2));
        await ElapsedAsync(kernel, 8);
        var nodes = await KernelStatusAsync();
        Assert.Equal((1, 0), (nodes.GetProperty("steeringNodes").GetInt32(), nodes.GetProperty("passingNodes").GetInt32()));
        // All but the connects of the moment before: kube-proxy sees none of them.
        Assert.True(nodes.GetProperty("steeredShare").GetDouble() > 0.5, nodes.ToString());
        var (byKernel, byProxy) = (kernel.Snapshot(fromKernel, kernel.Now), proxied.Snapshot(fromProxy, proxied.Now));

        await DeletePolicyAsync();
        await ReleasedAsync(original);
        await Waiting.UntilAsync("kube-proxy to choose again", DecisionLimit, () =>
            Task.FromResult(kernel.Snapshot(kernel.Now - TimeSpan.FromSeconds(3)).Share("slow-1", "slow-2") > 0.3), Stop);
        await NothingLostAsync(kernel);
        await NothingLostAsync(proxied);

        foreach (var (name, steered) in (IEnumerable<(string, TrafficSnapshot)>)[("ClusterIP", byKernel), ("NodePort", byProxy)])
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{steered.Count} requests to the {name} while steered, by pod: "
                + string.Join(", ", steered.ByPod.OrderBy(pod => pod.Key).Select(pod => $"{pod.Key} {pod.Value}")));
            Assert.True(steered.Count > 100 && steered.Share("slow-1", "slow-2") < 0.01,
                $"by the {name} the slow pods still got {steered.Share("slow-1", "slow-2"):P2}");
        }
    }

    /// <summary>A client in a network of its own, which knows the node by route alone.</summary>
    [Fact]
    public async Task NodePort_FromOutsideTheNode_IsSteeredAndLosesNothing()
    {
        var network = Environment.GetEnvironmentVariable("AVIATOR_CLUSTER");
        Assert.SkipWhen(string.IsNullOrEmpty(network) || !File.Exists($"/run/netns/{network}-outside"),
            "A client outside the node is needed; eng/cluster has one.");
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var (_, outside) = await ExposeBothAsync();
        var original = await ShapeAsync();
        await using var wrk = Wrk.Start(outside, 90, 4, ["nsenter", $"--net=/run/netns/{network}-outside", "--"]);
        await ApplyPolicyAsync(Both);
        await SteeredToAsync("a", "b");
        await DeletePolicyAsync();
        await ReleasedAsync(original);
        var load = await wrk.EndAsync(Stop);
        Assert.True(load is { Errors: 0, Requests: > 100 }, load.Text);
    }

    /// <summary>
    /// The controller decides every 30 s; what is seen of the pods is the node's own. kube-proxy follows own slices, which the controller
    /// keeps in step with the pods all the while.
    /// </summary>
    [Fact]
    [Trait("Catalogue", "15")]
    public async Task KilledPod_BetweenDecisions_LeavesBothWithinASecond()
    {
        await Workload.AddAsync(Stop, "a", "b", "c");
        var (inside, outside) = await ExposeBothAsync();
        await using var kernel = Traffic(inside, 120);
        await using var proxied = Traffic(outside);
        await ApplyPolicyAsync("routing: KernelAndService\nevaluationInterval: 30s");
        await SteeredToAsync("a", "b", "c");
        await ConditionBecomesAsync("Steering", "True", "KernelAndService");
        await ElapsedAsync(kernel, 2);

        await Workload.KillAsync("c", Stop);
        var (killed, killedThere) = (kernel.Now, proxied.Now);
        await ElapsedAsync(kernel, 6);
        // kube-proxy takes its sync period (1 s) on top of the slice's.
        await LeftAsync(kernel, killed + TimeLimits.PodLeaves);
        await LeftAsync(proxied, killedThere + TimeLimits.PodLeaves + TimeSpan.FromSeconds(1.5));
    }

    /// <summary>Each routing takes over from the one before, under load of both kinds, and nothing is left behind at the end.</summary>
    [Fact]
    public async Task Routing_FromEachToTheNext_LosesNothing()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var (inside, outside) = await ExposeBothAsync();
        var original = await ShapeAsync();
        await using var kernel = Traffic(inside);
        await using var proxied = Traffic(outside);

        await RouteAsync("Kernel", steersSlices: false);
        // From here to the end of the next step the kernel has steered all the while.
        var steered = kernel.Now + TimeSpan.FromSeconds(1);
        await RouteAsync("KernelAndService", steersSlices: true);
        await RouteAsync("Kernel", steersSlices: false);
        await ReleasedAsync(original);
        var kept = kernel.Snapshot(steered, kernel.Now - TimeSpan.FromSeconds(1));
        await RouteAsync("KernelAndService", steersSlices: true);
        await RouteAsync("Service", steersSlices: true);
        Assert.False((await StatusAsync()).TryGetProperty("kernel", out _), "no kernel steers any more");
        await RouteAsync("KernelAndService", steersSlices: true);
        await RouteAsync("Shadow", steersSlices: false);
        await ReleasedAsync(original);
        await RouteAsync("KernelAndService", steersSlices: true);
        await DeletePolicyAsync();
        await ReleasedAsync(original);
        await NothingLostAsync(kernel);
        await NothingLostAsync(proxied);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kept.Share("slow"):P2} of {kept.Count} connects went to the slow pod while "
            + "the Service was taken over and handed back beside the kernel");
        Assert.True(kept.Share("slow") < 0.02, $"the slow pod got {kept.Share("slow"):P2} although a kernel steered");
    }

    private async Task RouteAsync(string routing, bool steersSlices)
    {
        await ApplyPolicyAsync($"routing: {routing}\nselection: {{mode: threshold}}");
        await ConditionBecomesAsync("Steering", "True", routing == "Service" ? "Steered" : routing);
        if (steersSlices) await SteeredToAsync("a", "b");
        await Waiting.UntilAsync($"two active endpoints with {routing}", DecisionLimit, async () =>
            (await StatusAsync()).TryGetProperty("activePods", out var active) && active.GetInt32() == 2, Stop);
    }

    /// <returns>The ClusterIP and the node's port, each with its port number.</returns>
    private async Task<(IPEndPoint Inside, IPEndPoint Outside)> ExposeBothAsync()
    {
        var node = Environment.GetEnvironmentVariable("AVIATOR_NODE_IP");
        Assert.SkipWhen(string.IsNullOrEmpty(node), "The node's address is needed; eng/cluster names it.");
        var inside = await Workload.ExposeAsync(Stop, Workload.ServiceManifest("type: NodePort"));
        var service = (await Api.GetAsync($"api/v1/namespaces/{Namespace}/services/{Workload.Service}", Stop))!.Value;
        var port = service.GetProperty("spec").GetProperty("ports")[0].GetProperty("nodePort").GetInt32();
        var outside = new IPEndPoint(IPAddress.Parse(node!), port);
        await Reachable.WaitAsync(outside, Stop);
        return (inside, outside);
    }

    private static async Task LeftAsync(TrafficGenerator traffic, TimeSpan from)
    {
        var all = await traffic.StopAsync();
        var late = traffic.Snapshot(from);
        Assert.True(late.Failures.Count == 0, $"after {from.TotalSeconds:0.#} s: {late.DescribeFailures()}");
        Assert.True(late.Count > 0 && !late.ByPod.ContainsKey("c"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{all.Failures.Count} of {all.Count} requests met the pod that was killed.");
    }

    private async Task<JsonElement> StatusAsync() => (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value.GetProperty("status");

    private async Task<JsonElement> KernelStatusAsync() => (await StatusAsync()).GetProperty("kernel");
}
