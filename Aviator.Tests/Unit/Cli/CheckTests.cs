using System.Text.Json.Nodes;
using Aviator.Cli.Check;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>kubectl aviator check</c>: before an installation, after it, and for one Service.</summary>
public sealed class CheckTests
{
    private const string Deployments = "apis/apps/v1/namespaces/aviator-system/deployments";
    private const string DaemonSets = "apis/apps/v1/namespaces/aviator-system/daemonsets";

    [Fact]
    public async Task Check_BeforeAnInstallation_SaysWhatIsMissing_AndIsFine()
    {
        await using var world = await ClusterAsync(installed: false);
        world.Width = 120;
        var result = await world.RunAsync("check");
        Assert.Equal("""
            OK    server          Kubernetes v1.31.2.
            OK    endpointslices  The server has EndpointSlice v1.
            WARN  definition      The cluster does not know AviatorPolicy yet: Aviator is not installed.
                                  fix: helm install, or kubectl apply -f config/crd
                                  see: docs/install.md
            WARN  kernels         The kernel of old (4.19.0-27-amd64) is older than 5.10: pods there are probed instead of
                                  measured, and routing Kernel leaves their connections to kube-proxy.
                                  fix: Use a kernel of 5.10 or newer.
                                  see: docs/measuring.md#hooks
            OK    kernels         1 of 2 nodes have a kernel that can measure (the newest is 6.8); BTF and hooks are tried by the
                                  agent, and each falls back to probing by itself.
            OK    your rights     You may create all that the chart makes in namespace aviator-system.
            WARN  controllers     No controller runs: Aviator is not installed, or outside this cluster.
                                  fix: helm install aviator deploy/chart/aviator -n aviator-system --create-namespace
                                  see: docs/install.md

            4 OK, 3 WARN, 0 FAIL.
            """, result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Check_WithoutTheRightsToInstall_NamesThem_AndFails()
    {
        await using var world = await ClusterAsync(installed: false, denied: "clusterroles");
        var result = await world.RunAsync("check");
        Assert.Contains("FAIL  your rights     To install, you lack: create clusterroles.rbac.authorization.k8s.io.\n", result.Out);
        Assert.Equal(1, result.Code);
    }

    [Fact]
    public async Task Check_OfAnInstallation_LooksAtItsParts_AndTheAccountsRights()
    {
        await using var world = await ClusterAsync(installed: true);
        var result = await world.RunAsync("check");
        Assert.Contains("OK    controller      2 of 2 ready, version 0.1.0.\n", result.Out);
        Assert.Contains("OK    watchdog        1 of 1 ready, version 0.1.0.\n", result.Out);
        Assert.Contains("OK    agents          2 of 2 nodes have a ready agent.\n", result.Out);
        Assert.Contains("OK    leader          aviator-controller-0_1234 leads, renewed 2s ago.\n", result.Out);
        Assert.Matches("OK    its rights      ServiceAccount aviator-system/aviator-controller has all [0-9]+ rights", result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Check_OfABrokenInstallation_Fails_WithTheFix()
    {
        await using var world = await ClusterAsync(installed: true, denied: "endpointslices", readyControllers: 0);
        world.Led(TimeSpan.FromMinutes(5));
        var findings = (await world.RunAsync("check", "-o", "json")).Json["findings"]!.AsArray();
        var failed = findings.Where(finding => (string?)finding!["level"] == "Fail").Select(finding => (string?)finding!["subject"]);
        Assert.Equal(["its rights", "controller", "leader"], failed);
        Assert.All(findings.Where(finding => (string?)finding!["level"] != "Ok"), finding => Assert.NotNull(finding!["link"]));
    }

    [Fact]
    public async Task Check_OfAService_FindsItsReaders_AsTheControllerDoes()
    {
        await using var world = await ClusterAsync(installed: true);
        world.Cluster.Special["/apis/flagger.app"] = context => context.Response.WriteAsync("""{"versions":[{"version":"v1beta1"}]}""");
        world.Cluster.Put("apis/flagger.app/v1beta1/namespaces/shop/canaries", """
            {"metadata":{"name":"web"},"spec":{"targetRef":{"kind":"Deployment","name":"web"},"service":{"port":80}}}
            """);
        var result = await world.RunAsync("check", "web");
        Assert.Contains("The latency of port 80 (http) decides.", result.Out);
        Assert.Contains("4 of 4 pods are ready.", result.Out);
        Assert.Matches("FAIL  routing Service +ReaderFound: Something else reads this Service: Canary shop/web", result.Out);
        Assert.Matches("OK    routing Shadow +The Service can be steered so", result.Out);
        Assert.Matches("WARN  routing KernelAndService +ReaderFound: Something else reads this Service: Canary shop/web", result.Out);
        Assert.Equal(1, result.Code);
    }

    [Theory]
    [InlineData("""[{"type":"Resource","resource":{"name":"cpu"}}]""", "web", "cpu")]
    [InlineData("""[{"type":"Resource","resource":{"name":"cpu"}},{"type":"ContainerResource","containerResource":{"name":"memory"}}]""",
        "web", "cpu and memory")]
    [InlineData("[]", "web", "cpu")]
    [InlineData("""[{"type":"Resource","resource":{"name":"cpu"}},{"type":"External","external":{"metric":{"name":"x"}}}]""", "web", null)]
    [InlineData("""[{"type":"Resource","resource":{"name":"cpu"}}]""", "we", null)]
    [InlineData("""[{"type":"Resource","resource":{"name":"cpu"}}]""", "other", null)]
    public async Task Check_OfAService_WarnsOfAnAutoscalerThatAveragesOverAllItsPods(string metrics, string target, string? by)
    {
        await using var world = await ClusterAsync(installed: true);
        world.Cluster.Special["/apis/autoscaling"] = context => context.Response.WriteAsync("""{"versions":[{"version":"v2beta2"}]}""");
        world.Cluster.Put("apis/autoscaling/v2beta2/namespaces/shop/horizontalpodautoscalers", $$$"""
            {"metadata":{"name":"by-load"},"spec":{"scaleTargetRef":{"kind":"StatefulSet","name":"{{{target}}}"},"metrics":{{{metrics}}}}}
            """);
        var result = await world.RunAsync("check", "web");
        if (by is null) Assert.DoesNotContain("autoscaler", result.Out);
        else Assert.Matches($"WARN  autoscaler by-load +It scales by {by}, which it averages over pods that get nothing too", result.Out);
        Assert.Equal(0, result.Code);
    }

    /// <summary>Pods of Deployments and Rollouts are named after the workload and its hash, and long names are cut.</summary>
    [Theory]
    [InlineData("pod-template-hash", "api-6d4cf56db6-x2k4q", "api", true)]
    [InlineData("rollouts-pod-template-hash", "api-6d4cf56db6-x2k4q", "api", true)]
    [InlineData("pod-template-hash", "api-6d4cf56db6-x2k4q", "ap", false)]
    [InlineData("pod-template-hash", "api-canary-6d4cf56db6-x2k4q", "api", false)]
    [InlineData("pod-template-hash", "recommendations-for-returning-customers-of-the-shop-6d4cf5x2k4q",
        "recommendations-for-returning-customers-of-the-shop", true)]
    [InlineData("controller-revision-hash", "api-6d4cf56db6-x2k4q", "api", false)]
    public async Task Check_OfAService_KnowsItsPodsWorkloadByTheirHash(string label, string pod, string target, bool isFound)
    {
        await using var world = await ClusterAsync(installed: true);
        world.Cluster.Special["/apis/autoscaling"] = context => context.Response.WriteAsync("""{"versions":[{"version":"v2"}]}""");
        world.Cluster.Put("apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers",
            $$$"""{"metadata":{"name":"by-cpu"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"{{{target}}}"} } }""");
        world.Cluster.Put(CliWorld.Pods, Samples.Pod(pod, 99).Replace("\"labels\":{", $"\"labels\":{{\"{label}\":\"6d4cf56db6\","));
        var result = await world.RunAsync("check", "web");
        Assert.Equal(isFound, result.Out.Contains("WARN  autoscaler by-cpu", StringComparison.Ordinal));
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Check_OfAHeadlessService_SaysThatItsKindCannotBeSteered()
    {
        await using var world = await ClusterAsync(installed: true);
        world.Cluster.Put(CliWorld.Services, Samples.Service(isKeyed: false, name: "db").Replace("\"10.96.0.10\"", "\"None\""));
        var result = await world.RunAsync("check", "db");
        Assert.Matches("FAIL  routing Service +Headless: ", result.Out);
        Assert.Contains("see: docs/reference/policy.md#which-services", result.Out);
    }

    [Fact]
    public async Task Check_GoesOn_WhereSomethingMayNotBeLookedAt()
    {
        await using var world = await ClusterAsync(installed: true);
        world.Cluster.Forbidden.Add("GET /api/v1/nodes");
        var result = await world.RunAsync("check");
        Assert.Contains("WARN  nodes           Not looked at: api/v1/nodes is forbidden", result.Out);
        Assert.Contains("OK    agents", result.Out);
    }

    [Fact]
    public void TheControllersRights_AreThoseOfTheManifest()
    {
        var rights = AccessReviews.OfController("aviator-system").Select(right => $"{right}").ToList();
        Assert.Superset(
            new HashSet<string> { "patch services", "update services/finalizers", "create leases.coordination.k8s.io in aviator-system" },
            rights.ToHashSet());
    }

    private static async Task<CliWorld> ClusterAsync(bool installed, string? denied = null, int readyControllers = 2)
    {
        var world = installed ? await Samples.SteeredAsync() : await CliWorld.StartAsync();
        var cluster = world.Cluster.Kind($"/{Deployments}", $"/{DaemonSets}");
        cluster.Special["/version"] = context => context.Response.WriteAsync("""{"gitVersion":"v1.31.2","minor":"31"}""");
        if (installed)
        {
            cluster.Special["/apis/aviator.example.com"] = context =>
                context.Response.WriteAsync("""{"versions":[{"version":"v1alpha1"}]}""");
        }

        foreach (var reviews in new[] { "selfsubjectaccessreviews", "subjectaccessreviews" })
            cluster.Special[$"/apis/authorization.k8s.io/v1/{reviews}"] = context => ReviewAsync(context, denied);
        cluster.Put("api/v1/nodes", Node("node-1", "6.8.0-45-generic"));
        if (!installed)
        {
            cluster.Put("api/v1/nodes", Node("old", "4.19.0-27-amd64"));
            return world;
        }

        cluster.Put(Deployments, Workload("controller", $$"""{"replicas":2,"readyReplicas":{{readyControllers}}}"""));
        cluster.Put(Deployments, Workload("watchdog", """{"replicas":1,"readyReplicas":1}"""));
        cluster.Put(DaemonSets, Workload("agent", """{"desiredNumberScheduled":2,"numberReady":2}"""));
        return world;
    }

    private static async Task ReviewAsync(HttpContext context, string? denied)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body))!;
        var allowed = (string?)review["spec"]!["resourceAttributes"]!["resource"] != denied;
        await context.Response.WriteAsync(new JsonObject { ["status"] = new JsonObject { ["allowed"] = allowed } }.ToJsonString());
    }

    private static string Node(string name, string kernel) => $$$"""
        {"metadata":{"name":"{{{name}}}"},"status":{"nodeInfo":{"operatingSystem":"linux","kernelVersion":"{{{kernel}}}",
         "architecture":"amd64",
         "bootID":"","containerRuntimeVersion":"","kubeProxyVersion":"","kubeletVersion":"","machineID":"","osImage":"","systemUUID":""} } }
        """;

    private static string Workload(string component, string status) => $$$"""
        {"metadata":{"name":"aviator-{{{component}}}",
          "labels":{"app.kubernetes.io/name":"aviator","app.kubernetes.io/component":"{{{component}}}",
          "app.kubernetes.io/version":"0.1.0"}},
         "spec":{"replicas":{{{(component == "controller" ? 2 : 1)}}},
          "template":{"spec":{"serviceAccountName":"aviator-{{{component}}}","containers":[]} } },
         "status":{{{status}}}}
        """;
}
