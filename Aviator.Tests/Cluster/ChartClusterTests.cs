using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Core.Measurement;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Everything as pods, installed from the chart: what a user has.</summary>
[Collection(Disruptive.Name)]
public sealed class ChartClusterTests(ClusterFixture cluster) : ReleaseTest(cluster)
{
    private static Uri AgentAddress => new($"http://{Environment.GetEnvironmentVariable("AVIATOR_NODE_IP")}:9464");

    [Fact]
    [Trait("Catalogue", "35")]
    public async Task Chart_InstalledUpgradedAndUninstalled_SteersAndLosesNothing()
    {
        await AddPodsAsync("a", "b", "slow:300", "slower:300");
        var service = await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await Release.InstallAsync(Stop, "controller.page.enabled=true");
        await ApplyPolicyAsync("selection: {mode: percentage, percentage: 50}");
        await AgentCountsEveryRequestAsync(service);

        await using var traffic = Traffic(service);
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Ready", "True");
        var steered = traffic.Now;
        await ElapsedAsync(traffic, 4);
        Assert.Equal(1, traffic.Snapshot(steered + TimeSpan.FromSeconds(2)).Share("a", "b"));

        await RedisHoldsTheStateAsync();
        await PluginSaysWhyAsync("slow");
        await AnotherReleaseIsRefusedAsync();

        await using (var watch = ShapeWatch.Start(Api, Namespace, Workload.Service))
        {
            // Another log level: every pod of controller, agent and watchdog is replaced.
            await Release.UpgradeAsync(Stop, "logLevel=Debug");
            // The one agent was away for as long as its start lasts: longer than a few seconds, and all ready pods were used.
            await SteeredToAsync("a", "b");
            Assert.All(watch.Seen, seen => Assert.True(seen.Shape.IsSteered, watch.Describe()));
        }

        // No policy is deleted first: the hook hands the Service back while the controllers are still there.
        await Release.UninstallAsync(Stop);
        Assert.Equal(original.Describe(), (await ShapeAsync()).Describe());
        await NothingLostAsync(traffic);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Chart_ForOneNamespace_SteersThereWithoutRightsElsewhere()
    {
        await AddPodsAsync("a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await Release.InstallAsync(Stop, $"watchNamespace={Namespace}", "agent.steering.closeIdle=true");
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Ready", "True");
        foreach (var account in new[] { "controller", "agent" })
        {
            Assert.Equal("no", await MayAsync(account, "list", "services", "default"));
            Assert.Equal("yes", await MayAsync(account, "list", "services", Namespace));
        }

        Assert.Equal("no", await MayAsync("controller", "list", "secrets", Namespace));

        // The same policy by the node's kernel: the hooks work from the container, by these rights, and the Service is left alone.
        await ApplyPolicyAsync("routing: Kernel\nselection: {mode: threshold}\nconnections: {onEject: CloseIdle}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await ReleasedAsync(original);
        await ConditionBecomesAsync("Ready", "True");
        var byKernel = traffic.Now;
        await ElapsedAsync(traffic, 4);
        Assert.Equal(1, traffic.Snapshot(byKernel + TimeSpan.FromSeconds(1)).Share("a", "b"));
        Assert.DoesNotContain("stay open", (await ConditionAsync("Steering"))!.Value.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Cannot close idle connections", await LogAsync("agent"), StringComparison.Ordinal);
        foreach (var component in new[] { "controller", "agent" })
            Assert.DoesNotContain("forbidden", await LogAsync(component), StringComparison.OrdinalIgnoreCase);
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task Uninstall_ServiceThatCannotBeHandedBack_RemovesNothingAndSteeringGoesOn()
    {
        await AddPodsAsync("a", "b", "slow:300");
        var service = await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await Release.InstallAsync(Stop, "release.timeout=1m");
        await using var traffic = Traffic(service);
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        var guard = $"refuse-{Namespace}";
        await Api.Kubectl.RunAsync(["apply", "-f", "-"], Refusal(guard), Stop);
        try
        {
            await Api.Kubectl.RunAsync(["label", "namespace", Namespace, "services=refused"], cancellationToken: Stop);
            Assert.NotEqual(0, (await Release.TryUninstallAsync(Stop)).ExitCode);
            Assert.Contains("gave the Lease back", await LogAsync("release"), StringComparison.Ordinal);
            var kept = await Api.Kubectl.RunAsync(["get", "deployments,daemonsets", "-n", ChartRelease.Home, "-o", "name"],
                cancellationToken: Stop);
            foreach (var component in new[] { "controller", "watchdog", "agent" })
                Assert.Contains($"{ChartRelease.Name}-{component}", kept, StringComparison.Ordinal);
        }
        finally
        {
            await Api.Kubectl.RunAsync(["delete", "validatingwebhookconfiguration", guard], cancellationToken: CancellationToken.None);
        }

        // The controllers continue from whatever the attempt left behind.
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Ready", "True");
        await Release.UninstallAsync(Stop);
        Assert.Equal(original.Describe(), (await ShapeAsync()).Describe());
        await NothingLostAsync(traffic);
    }

    /// <summary>A webhook that is not there refuses every change of a Service in the test's namespace.</summary>
    private static string Refusal(string name) => $$"""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: {{name}} }
        webhooks:
          - name: services.aviator.test
            admissionReviewVersions: [v1]
            sideEffects: None
            failurePolicy: Fail
            timeoutSeconds: 1
            namespaceSelector: {matchLabels: {services: refused} }
            rules: [{apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [services]}]
            clientConfig: {service: {namespace: default, name: nobody, port: 443} }
        """;

    /// <summary>
    /// Pods with a request for CPU, as who runs beside others needs it: without one, what Aviator's own pods ask for at their start comes
    /// first on the test cluster's one node.
    /// </summary>
    private Task AddPodsAsync(params string[] pods) => Workload.AddAsync(
        pods, (name, delay) => Workload.PodManifest(name, delay) + "\n      resources: {requests: {cpu: 200m}}", Stop);

    /// <summary>A known number of requests, and the agent in its container has counted as many, in the kernel.</summary>
    private async Task AgentCountsEveryRequestAsync(IPEndPoint service)
    {
        const int requests = 200;
        using var http = new HttpClient { BaseAddress = AgentAddress, Timeout = TimeSpan.FromSeconds(5) };
        using (var refusal = await http.GetAsync("/latencies", Stop)) Assert.Equal(HttpStatusCode.Unauthorized, refusal.StatusCode);
        http.DefaultRequestHeaders.Authorization =
            new("Bearer", await AccountToken.CreateAsync(Api, ChartRelease.Home, $"{ChartRelease.Name}-controller", "aviator-agent", Stop));
        await Waiting.UntilAsync("the agent to know the four endpoints", DecisionLimit, async () =>
            (await ReportAsync(http)).Endpoints.Count == 4, Stop);
        var ready = await http.GetFromJsonAsync<JsonElement>("/readyz", Stop);
        Assert.Equal("Healthy", ready.GetProperty("status").GetString());
        Assert.Equal("ebpf", ready.GetProperty("checks").GetProperty("source").GetProperty("data").GetProperty("source").GetString());

        var before = Requests(await ReportAsync(http));
        await using var traffic = TrafficGenerator.Start(new() { Target = service, Connections = 4, MaxRequests = requests });
        await Waiting.UntilAsync("the requests to be answered", DecisionLimit, () => Task.FromResult(traffic.HasEnded), Stop);
        await Waiting.UntilAsync("the agent to have read them", DecisionLimit, async () =>
            Requests(await ReportAsync(http)) - before >= requests, Stop);
        Assert.Equal(requests, Requests(await ReportAsync(http)) - before);

        static long Requests(NodeReport report) => report.Endpoints.Sum(endpoint => endpoint.Traffic.Requests);
    }

    /// <summary>Two releases would steer the same Services.</summary>
    private async Task AnotherReleaseIsRefusedAsync()
    {
        const string Elsewhere = "aviator-second";
        try
        {
            var refused = await ChartRelease.TryInstallAnotherAsync(Elsewhere, Stop);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(
                $"release {ChartRelease.Name} in namespace {ChartRelease.Home} is Aviator already, and a cluster has one",
                refused.Output + refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            await Api.Kubectl.RunAsync(
                ["delete", "namespace", Elsewhere, "--ignore-not-found", "--wait=false"], cancellationToken: CancellationToken.None);
        }
    }

    /// <summary>At night: which policy, which pod, and why, from the board of the replica that leads.</summary>
    private async Task PluginSaysWhyAsync(string pod)
    {
        string[] place = ["-n", Namespace, "--system-namespace", ChartRelease.Home];
        var (steered, status) = await Plugin.RunAsync(Api.Kubeconfig, ["status", .. place]);
        Assert.Equal(0, steered);
        Assert.Contains("2 of 4", status, StringComparison.Ordinal);
        var (shown, top) = await Plugin.RunAsync(Api.Kubeconfig, ["top", "--once", .. place]);
        Assert.Equal(0, shown);
        Assert.Contains("Source: the board of ", top, StringComparison.Ordinal);
        var (explained, why) = await Plugin.RunAsync(Api.Kubeconfig, ["explain", pod, .. place]);
        Assert.Equal(1, explained);
        Assert.Contains($"Pod {pod} of Service {Workload.Service} gets no traffic", why, StringComparison.Ordinal);
        await PluginSimulatesAsync(place);
        var (checkedAll, findings) = await Plugin.RunAsync(Api.Kubeconfig, ["check", Workload.Service, .. place]);
        Assert.True(checkedAll == 0, findings);
    }

    /// <summary>Another policy for the same Service, as a file that nobody has applied.</summary>
    private async Task PluginSimulatesAsync(string[] place)
    {
        var file = Path.Combine(Path.GetTempPath(), $"aviator-simulated-{Namespace}.yaml");
        await File.WriteAllTextAsync(
            file,
            $$"""
            apiVersion: aviator.example.com/v1alpha1
            kind: AviatorPolicy
            metadata: {name: other}
            spec:
              targetRef: {name: {{Workload.Service}}}
              evaluationInterval: 1s
              selection: {mode: topN, topN: 1}
              routing: Shadow
            """,
            Stop);
        try
        {
            var (simulated, answer) = await Plugin.RunAsync(Api.Kubeconfig, ["simulate", "-f", file, .. place]);
            Assert.Equal(0, simulated);
            Assert.Contains($" of 4 pods of Service {Workload.Service} would get traffic; 2 do now.", answer, StringComparison.Ordinal);
            Assert.Contains("Load does not move in it.", answer, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The agents' reports and the policy's state, behind the password that the chart made up.</summary>
    private async Task RedisHoldsTheStateAsync()
    {
        string[] expected = [$"aviator:default:node:{Fixture.Node}", $"aviator:default:policy:{Namespace}/policy"];
        var keys = "";
        await Waiting.UntilAsync("the state to be in Redis", DecisionLimit, async () =>
        {
            keys = await Api.Kubectl.RunAsync(
                ["exec", "-n", ChartRelease.Home, $"deploy/{ChartRelease.Name}-redis", "--", "sh", "-c",
                    "redis-cli --no-auth-warning -a \"$AVIATOR_REDIS_PASSWORD\" --raw keys 'aviator:*'"],
                cancellationToken: Stop);
            return expected.All(keys.Split('\n').Contains);
        }, Stop, () => keys);
    }

    private static async Task<NodeReport> ReportAsync(HttpClient http) =>
        (await http.GetFromJsonAsync("/latencies", MeasurementJson.Default.NodeReport, Stop))!;

    /// <summary>What an uninstall leaves is the definition and the policies, which can be deleted without a controller.</summary>
    private async Task NothingIsLeftAsync()
    {
        var left = "";
        // Helm waits for what it deleted, not for the pods of it. A kubelet that missed a container's end looks for it once a minute.
        await Waiting.UntilAsync("every object of the release to be gone", TimeLimits.Collection, async () =>
        {
            left = await Api.Kubectl.RunAsync(
                ["get", "all,configmaps,secrets,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings", "-A", "-l",
                    $"app.kubernetes.io/instance={ChartRelease.Name}", "-o", "name"],
                cancellationToken: Stop);
            return left.Trim().Length == 0;
        }, Stop, () => left);
        var policy = await Api.PolicyAsync(Namespace, "policy", Stop);
        Assert.NotNull(policy);
        Assert.False(policy.Value.GetProperty("metadata").TryGetProperty("finalizers", out _), "nobody is left to take a finalizer off");
    }

    private async Task<string> MayAsync(string account, string verb, string resource, string ns) => (await Api.Kubectl.TryAsync(
        ["auth", "can-i", verb, resource, "-n", ns, "--as", $"system:serviceaccount:{ChartRelease.Home}:{ChartRelease.Name}-{account}"],
            cancellationToken: Stop)).Output.Trim();

    private async Task<string> LogAsync(string component) => (await Api.Kubectl.TryAsync(
        ["logs", "-n", ChartRelease.Home, "-l", $"app.kubernetes.io/component={component}", "--tail=200", "--prefix"],
            cancellationToken: CancellationToken.None)).Output;

    private protected override async Task ReportReleaseAsync()
    {
        var output = TestContext.Current.TestOutputHelper;
        output?.WriteLine((await Api.Kubectl.TryAsync(["get", "pods,events", "-n", ChartRelease.Home, "-o", "wide"])).Output);
        foreach (var component in new[] { "controller", "agent", "watchdog", "release" }) output?.WriteLine(await LogAsync(component));
    }
}
