using Aviator.Kubernetes;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>No controller is left, or may not steer any more: the watchdog, and the release before an uninstall.</summary>
[Collection(Disruptive.Name)]
public sealed class WithoutControllersTests(ClusterFixture cluster) : ReplicaTest(cluster)
{
    private const string Everyone = "selection: {mode: percentage, percentage: 100}";
    private static readonly TimeSpan ReleaseAfter = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task AllControllersKilled_DuringARollout_TrafficIsCleanAgainInTime_AndAControllerThatComesBackSteersOn()
    {
        await WatchdogAsync(ReleaseAfter);
        var (one, two) = (await ControllerAsync("one", ShortLease), await ControllerAsync("two", ShortLease));
        await LeaderAsync(one, two);
        await Workload.ApplyAsync(Deployment("first"), Stop);
        await Workload.ApplyAsync(Workload.ServiceManifest(), Stop);
        await ShapeBecomesAsync("4 ready pods", shape => shape.Ready.Count == 4);
        var target = await AddressAsync();
        await Reachable.WaitAsync(target, Stop);
        await using var traffic = Traffic(target);
        await ApplyPolicyAsync(Everyone);
        await ShapeBecomesAsync("the Service to be steered", shape => shape.IsSteered && shape.OwnReady.Count == 4);
        await ElapsedAsync(traffic, 2);

        var before = (await ShapeAsync()).OwnReady;
        await Workload.ApplyAsync(Deployment("second"), Stop);
        await ShapeBecomesAsync("the rollout to have begun", shape => !shape.OwnReady.IsSubsetOf(before));
        await Task.WhenAll(one.Process.KillAsync(), two.Process.KillAsync());
        var killed = traffic.Now;
        await ShapeBecomesAsync("the watchdog to hand the Service back", Plain, ReleaseAfter + TimeLimits.Seconds(5));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Handed back {(traffic.Now - killed).TotalSeconds:F1} s after the controllers were killed.");
        var clean = killed + ReleaseAfter + TimeSpan.FromSeconds(5);
        await Waiting.UntilAsync("the limit", TimeLimits.Seconds(30), () => Task.FromResult(traffic.Now > clean), Stop);
        var during = await traffic.StopAsync();
        // From ports of its own: the kernel still leads those of the attempts that were lost to the pod that is gone.
        await using var after = TrafficGenerator.Start(new() { Target = target, RequestsPerSecond = 60, FirstSourcePort = 11_000 });
        await ElapsedAsync(after, 4);

        await ConditionBecomesAsync("Ready", "False", "NoController");

        // Own slices still stand: the watchdog is half way, and has to stand back now.
        Assert.NotEmpty((await ShapeAsync()).Own);
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await ControllerAsync("three", ShortLease);
        await ShapeBecomesAsync("the Service to be steered again", shape => shape.IsSteered && shape.OwnReady.Count == 4);
        await ElapsedAsync(after, 6);
        var keyed = watch.Seen.Select(seen => seen.Shape.Selector.ContainsKey(AviatorNames.SteeredKey)).ToList();
        Assert.Equal(keyed.Order(), keyed);
        Assert.DoesNotContain("False", (await ConditionAsync("Steering"))?.Status ?? "", StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"{during.Failures.Count} of {during.Count} requests failed before the limit.");
        await NothingLostAsync(after);
    }

    [Fact]
    public async Task Release_WithTheControllersAlive_HandsEverythingBackAndNobodySteersAgain()
    {
        await UseShippedAccountsAsync();
        var (one, two) = (await ControllerAsync("one", ShortLease), await ControllerAsync("two", ShortLease));
        await LeaderAsync(one, two);
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        await Api.Kubectl.RunAsync(["apply", "-n", ShippedAccounts.Namespace, "-f", "-"], ControllersDeployment, Stop);

        var result = await ReleaseAsync("aviator-controller");
        TestContext.Current.TestOutputHelper?.WriteLine(result.Output);
        Assert.True(result.ExitCode == 0, $"{result.Output}\n{result.Error}");
        Assert.DoesNotContain("forbidden", result.Output + result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"released Service {Namespace}/{Workload.Service}", result.Output, StringComparison.Ordinal);
        Assert.Equal(original.Describe(), (await ShapeAsync()).Describe());
        Assert.Equal("uninstall", await HolderAsync());
        Assert.Equal("HandedBack", (await ConditionAsync("Steering"))?.Reason);

        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        // The policy goes at once, and the Lease goes with the controllers' Deployment; those that still run steer nothing.
        await Api.Kubectl.RunAsync(["delete", "avp", "policy", "-n", Namespace, "--timeout=5s"], cancellationToken: Stop);
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await Api.Kubectl.RunAsync(["delete", "deployment", "aviator-controller", "-n", ShippedAccounts.Namespace],
            cancellationToken: Stop);
        await Waiting.UntilAsync("the Lease to go with its owner", TimeLimits.Seconds(30), async () => await HolderAsync() is null, Stop);
        await ElapsedAsync(traffic, 5);
        Assert.False(await one.LeadsAsync(Stop) || await two.LeadsAsync(Stop));
        Assert.All(watch.Seen, seen => Assert.Equal(original.Describe(), seen.Shape.Describe()));
        Assert.All(Replicas, replica =>
            Assert.DoesNotContain("forbidden", File.ReadAllText(replica.Process.LogPath), StringComparison.OrdinalIgnoreCase));
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task ApiServerAway_ForAMinute_NobodyDiesOrPanicsAndAllCatchUp()
    {
        var server = ClusterProcess.Find("kube-apiserver");
        var manager = ClusterProcess.Find("kube-controller-manager");
        await WatchdogAsync(ReleaseAfter);
        var (one, two) = (await ControllerAsync("one", DefaultLease), await ControllerAsync("two", DefaultLease));
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        await ElapsedAsync(traffic, 2);

        var requests = await RequestsAsync();
        var from = traffic.Now;
        // The controller manager would take the node for dead the moment the server is back: that is not what is asked here.
        manager.Send(Signal.Stop);
        server.Send(Signal.Stop);
        try
        {
            await ElapsedAsync(traffic, 60);
            foreach (var (replica, before) in requests)
            {
                var perSecond = (await replica.MetricAsync("aviator_kubernetes_requests_total", "", Stop) - before) / 60;
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"{replica.Process.Name}: {perSecond:F2} requests a second while the server was away.");
                Assert.True(perSecond < 3, $"{replica.Process.Name} asked {perSecond:F1} times a second");
            }
        }
        finally
        {
            server.Send(Signal.Continue);
            await Waiting.UntilAsync("the API server to answer", TimeLimits.Seconds(30), async () =>
                await Api.GetAsync("api/v1/nodes", CancellationToken.None) is not null, CancellationToken.None);
            manager.Send(Signal.Continue);
        }

        var until = traffic.Now;
        await LeaderAsync(one, two);
        await Workload.AddAsync(Stop, "c");
        await SteeredToAsync("a", "b", "c");
        Assert.All(Replicas, replica => Assert.False(replica.Process.HasExited, replica.Process.Tail()));
        Assert.False(Fixture.Agent!.HasExited, Fixture.Agent.Tail());
        Assert.DoesNotContain("releasing what is steered", await File.ReadAllTextAsync(Replicas[0].Process.LogPath, Stop),
            StringComparison.Ordinal);
        var all = await traffic.StopAsync();
        Assert.True(all.Count > 0 && !all.Failures.Any(failure => failure.StartedAt > from && failure.StartedAt < until),
            all.DescribeFailures());
    }

    /// <summary>Stands for the controllers' Deployment, which has nothing to run: the controllers of the test are processes.</summary>
    private const string ControllersDeployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: aviator-controller}
        spec:
          replicas: 0
          selector: {matchLabels: {app: controllers}}
          template:
            metadata: {labels: {app: controllers}}
            spec: {containers: [{name: none, image: none}]}
        """;

    private static string Deployment(string version) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{Workload.Service}}}
        spec:
          replicas: 4
          selector: {matchLabels: {app: {{Workload.Service}} } }
          strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0} }
          template:
            metadata: {labels: {app: {{Workload.Service}}, version: "{{version}}" } }
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
                    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name} } }
                  ports: [{name: http, containerPort: 8080}]
        """;

    private async Task<IReadOnlyList<(Replica Replica, double Before)>> RequestsAsync() =>
        [.. await Task.WhenAll(Replicas.Select(async replica =>
            (replica, await replica.MetricAsync("aviator_kubernetes_requests_total", "", Stop))))];

    private async Task<System.Net.IPEndPoint> AddressAsync() => new(
        System.Net.IPAddress.Parse((await Api.GetAsync($"api/v1/namespaces/{Namespace}/services/{Workload.Service}",
            Stop))!.Value.GetProperty("spec").GetProperty("clusterIP").GetString()!), 80);

    private static bool Plain(ObservedService shape) =>
        !shape.Selector.ContainsKey(AviatorNames.SteeredKey) && shape.Default.SelectMany(slice => slice.Ready).Any();
}
