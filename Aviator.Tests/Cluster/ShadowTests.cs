using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Routing under a twin: the Service itself is never touched, and neither's clients lose a request.</summary>
public sealed class ShadowTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Shadow = "routing: Shadow\nselection: {mode: threshold}";
    private const string Steered = "selection: {mode: threshold}";

    private Twin Twin => new(Api, Namespace);

    [Fact]
    public async Task Twin_UnderWrk_SelectsFollowsItsServiceAndGoesWithThePolicy()
    {
        await Workload.AddAsync(Stop, "a", "b", "c", "slow:300");
        var service = await Workload.ExposeAsync(Stop);
        var (original, spec) = (await ShapeAsync(), await ServiceAsync());
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await using var untouched = Traffic(service, 30);

        await ApplyPolicyAsync(Shadow);
        await using var traffic = Traffic(await Twin.AddressAsync(Stop), 60);
        await using var wrk = Wrk.Start(await Twin.AddressAsync(Stop), seconds: 25, connections: 4);
        await TwinToAsync("a", "b", "c");
        await ConditionBecomesAsync("Steering", "True", "Shadow");
        Assert.Contains(Twin.Name, (await ConditionAsync("Steering"))!.Value.Message, StringComparison.Ordinal);
        await ConditionBecomesAsync("Ready", "True");
        await Waiting.UntilAsync("kube-proxy to know", TimeLimits.Kubernetes, () =>
            Task.FromResult(traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(1)).Share("slow") == 0), Stop);
        var known = traffic.Now;
        await ElapsedAsync(traffic, 5);
        var slow = traffic.Snapshot(known).Of("slow").Outcomes;
        Assert.True(slow.Count < 3, $"the slow pod got {slow.Count} requests in 5 s, {string.Join(", ",
            slow.Select(request => $"{(request.StartedAt - known).TotalSeconds:0.0} s"))} after it had got none for a second");

        var twin = (await Twin.FindAsync(Stop))!.Value;
        Assert.False(twin.GetProperty("spec").TryGetProperty("selector", out _), "the twin has a selector");
        Assert.Equal(Workload.Service, twin.GetProperty("metadata").GetProperty("labels").GetProperty("aviator.io/twin-of").GetString());
        Assert.All((await ShapeAsync(Twin.Name)).Slices, slice => Assert.Equal("aviator-controller", slice.ManagedBy));
        await NothingLostAsync(traffic);
        var load = await wrk.EndAsync(Stop);
        Assert.True(load is { Errors: 0, Requests: > 100 }, load.Text);

        // Membership must not wait for the interval.
        await ApplyPolicyAsync(Shadow + "\nevaluationInterval: 30s");
        await KillLeavesWithinASecondAsync("c");
        await DeletePolicyAsync();
        await Twin.GoneAsync(TimeLimits.Kubernetes, Stop);
        await Waiting.UntilAsync("the policy to go", TimeLimits.Kubernetes, async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        Assert.Equal(spec, await ServiceAsync());
        Assert.All(watch.Seen, seen =>
            Assert.True(!seen.Shape.Own.Any() && seen.Shape.Selector.Count == original.Selector.Count, watch.Describe()));
        await untouched.StopAsync();
    }

    [Fact]
    public async Task Twin_OfAServiceThatChanges_KeepsInStepAndServesAllTheWhile()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync(Shadow);
        await using var traffic = Traffic(await Twin.AddressAsync(Stop));
        await TwinToAsync("a", "b");

        await Workload.ApplyAsync(
            Workload.ServiceManifest("sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 77}}"), Stop);
        await Twin.BecomesAsync("affinity", spec => spec.GetProperty("sessionAffinity").GetString() == "ClientIP" &&
            spec.GetProperty("sessionAffinityConfig").GetProperty("clientIP").GetProperty("timeoutSeconds").GetInt32() == 77, Stop);
        await ConditionBecomesAsync("Accepted", "True");
        await Workload.ApplyAsync(Workload.ServiceManifest("sessionAffinity: None").Replace(
            "ports: [", "ports: [{name: control, port: 81, targetPort: 8081, protocol: TCP, appProtocol: http}, ",
                StringComparison.Ordinal), Stop);
        await Twin.BecomesAsync("ports", spec =>
            spec.GetProperty("ports").GetArrayLength() == 2 && spec.GetProperty("sessionAffinity").GetString() == "None", Stop);
        await ShapeBecomesAsync("the twin's slices to have both ports", shape =>
            shape.Own.All(slice => slice.Ports == "control:8081/TCP,http:8080/TCP"), service: Twin.Name);
        await Workload.ApplyAsync(Workload.ServiceManifest().Replace("targetPort: http", "targetPort: 8080", StringComparison.Ordinal),
            Stop);
        await Twin.BecomesAsync("target port", spec => spec.GetProperty("ports") is var ports && ports.GetArrayLength() == 1 &&
            ports[0].GetProperty("targetPort").ToString() == "8080", Stop);
        await NothingLostAsync(traffic);

        // Deleted by hand it harms no other object, and comes again for as long as it is asked for.
        var uid = (await Twin.FindAsync(Stop))!.Value.GetProperty("metadata").GetProperty("uid").GetString();
        await Api.Kubectl.RunAsync(["delete", "service", Twin.Name, "-n", Namespace], cancellationToken: Stop);
        await Waiting.UntilAsync("another twin", TimeLimits.Seconds(10),
            async () => await Twin.FindAsync(Stop) is { } again && again.GetProperty("metadata").GetProperty("uid").GetString() != uid,
                Stop);
        await TwinToAsync("a", "b");

        // Its Service gone, it goes too, and the slices with it.
        await Api.Kubectl.RunAsync(["delete", "service", Workload.Service, "-n", Namespace], cancellationToken: Stop);
        await Twin.GoneAsync(TimeLimits.Kubernetes, Stop);
        await ConditionBecomesAsync("Accepted", "False", "ServiceNotFound");
    }

    [Fact]
    public async Task NameTaken_ByAForeignService_IsRefusedUntilItIsFreeAndNeverOverwritten()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        await Workload.ApplyAsync(Workload.ServiceManifest()
            .Replace($"name: {Workload.Service}\n", $"name: {Twin.Name}\n", StringComparison.Ordinal), Stop);
        var foreign = (await Twin.FindAsync(Stop))!.Value.ToString();
        await ShapeBecomesAsync("the foreign Service to be served", shape =>
            shape.Default.SelectMany(slice => slice.Ready).Count() == 2, service: Twin.Name);
        await ApplyPolicyAsync(Shadow);
        await ConditionBecomesAsync("Accepted", "False", "TwinNameTaken");
        Assert.Contains(Twin.Name, (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
        Assert.Equal(foreign, (await Twin.FindAsync(Stop))!.Value.ToString());
        Assert.DoesNotContain((await ShapeAsync(Twin.Name)).Slices, slice => slice.ManagedBy == "aviator-controller");
        await Api.Kubectl.RunAsync(["delete", "service", Twin.Name, "-n", Namespace], cancellationToken: Stop);
        await TwinToAsync("a", "b");
        await ConditionBecomesAsync("Steering", "True", "Shadow");
    }

    [Fact]
    public async Task Routing_ServiceToShadowAndBack_LosesNothingOnEither()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var target = await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await using var traffic = Traffic(target, 60);
        await ApplyPolicyAsync(Steered);
        await SteeredToAsync("a", "b");

        await ApplyPolicyAsync(Shadow);
        await using var shadowed = Traffic(await Twin.AddressAsync(Stop), 60);
        await TwinToAsync("a", "b");
        await ShapeBecomesAsync("the Service's key to go", shape => !shape.Selector.ContainsKey("aviator.io/steered"));
        await ConditionBecomesAsync("Steering", "True", "Shadow");

        // Back while the release is still on its way: the twin's clients are handed to Kubernetes, not dropped.
        await ApplyPolicyAsync(Steered);
        await SteeredToAsync("a", "b");
        await ShapeBecomesAsync("the twin to be served by Kubernetes alone", shape =>
            !shape.Own.Any() && shape.Ready.SetEquals(Workload.Addresses("a", "b", "slow")), ReleaseLimit, Twin.Name);
        await ConditionBecomesAsync("Steering", "True", "Steered");
        Assert.Contains(Twin.Name, (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
        await ElapsedAsync(shadowed, 2);
        await NothingLostAsync(shadowed);

        await DeletePolicyAsync();
        await Twin.GoneAsync(TimeLimits.Kubernetes, Stop);
        await ReleasedAsync(original);
        await NothingLostAsync(traffic);
    }

    /// <summary>Waits until the twin publishes just the named pods as ready.</summary>
    private Task<TimeSpan> TwinToAsync(params IEnumerable<string> pods)
    {
        var wanted = Workload.Addresses(pods);
        return ShapeBecomesAsync($"the twin to publish {string.Join(", ", pods)}", shape =>
            shape.Ready.SetEquals(wanted) && shape.OwnReady.SetEquals(wanted), service: Twin.Name);
    }

    private async Task KillLeavesWithinASecondAsync(string pod)
    {
        var killed = Workload.Pods[pod].Address.ToString();
        await using var watch = ShapeWatch.Start(Api, Namespace, Twin.Name);
        await ShapeBecomesAsync("the watch's first look", _ => watch.Seen.Count > 0, service: Twin.Name);
        await Workload.KillAsync(pod, Stop);
        var before = watch.Now; // how long the server takes to delete it is not Aviator's
        await Waiting.UntilAsync("the killed pod to leave the twin", TimeLimits.Seconds(10), () =>
            Task.FromResult(watch.Seen.Any(seen => !seen.Shape.Ready.Contains(killed))), Stop);
        var gone = watch.Seen.First(seen => !seen.Shape.Ready.Contains(killed)).At;
        Assert.True(gone - before < TimeLimits.PodLeaves, $"it left {(gone - before).TotalSeconds:F2} s after it was deleted");
    }

    /// <summary>The Service as the server holds it, its version included.</summary>
    private async Task<string> ServiceAsync() =>
        (await Api.GetAsync($"api/v1/namespaces/{Namespace}/services/{Workload.Service}", Stop))!.Value.ToString();
}
