using Aviator.Kubernetes;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>What users and their tools do to a steered Service, without asking.</summary>
public sealed class InterferenceTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string RemoveKey = """{"spec":{"selector":{"aviator.io/steered":null}}}""";
    private const string Threshold = "selection: {mode: threshold}";

    [Fact]
    public async Task KubectlApply_OfTheUsersManifest_KeepsSteering()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        var said = await Api.Kubectl.RunAsync(["apply", "-n", Namespace, "-f", "-"], Workload.ServiceManifest(), Stop);
        Assert.Contains("unchanged", said, StringComparison.Ordinal);
        await Workload.ApplyAsync(Workload.ServiceManifest()
            .Replace("name: app", "name: app\n  annotations: {team: checkout}", StringComparison.Ordinal), Stop);
        await ElapsedAsync(traffic, 4);
        Assert.All(watch.Seen, seen =>
            Assert.True(seen.Shape.IsSteered && seen.Shape.OwnReady.SetEquals(Workload.Addresses("a", "b")), watch.Describe()));
        await NothingLostAsync(traffic);
    }

    [Fact]
    [Trait("Catalogue", "31")]
    public async Task KeyTakenAwayByForce_IsNoticed_AndSurvivedWithoutAnError()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await TakeKeyAsync();
        await ConditionBecomesAsync("Steering", "False", "Contested", TimeLimits.Seconds(10));
        // While both publish, no address may be ready in one slice and not in the other for longer than the reaction takes.
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Steering", "True");
        foreach (var (at, shape, until) in watch.Seen.Zip(watch.Seen.Skip(1), (s, next) => (s.At, s.Shape, next.At)))
            Assert.False(Disagrees(shape) && until - at > TimeLimits.Disagreement,
                $"for {(until - at).TotalSeconds:F1} s slices disagreed on an address:\n{shape.Describe()}");
        await NothingLostAsync(traffic);
        var events = await Api.Kubectl.RunAsync(["get", "events", "-n", Namespace, "-o", "jsonpath={.items[*].reason}"],
            cancellationToken: Stop);
        Assert.Contains("Contested", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FinalizerRemovedByHand_WithThePolicyDeleted_LeavesNothingBehind()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await DeletePolicyAsync();
        await Api.Kubectl.TryAsync(["patch", "avp", "policy", "-n", Namespace, "--type=merge", "-p",
            """{"metadata":{"finalizers":null}}"""], cancellationToken: Stop);
        await Waiting.UntilAsync("the policy to go", TimeLimits.Seconds(10), async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        await ReleasedAsync(original);
        await ElapsedAsync(traffic, 2);
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task FinalizerRemovedByHand_WhileThePolicyStays_IsPutBack()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync("selection: {mode: percentage, percentage: 100}");
        await SteeredToAsync("a", "b");
        await Api.Kubectl.RunAsync(["patch", "avp", "policy", "-n", Namespace, "--type=merge", "-p",
            """{"metadata":{"finalizers":null}}"""], cancellationToken: Stop);
        await Waiting.UntilAsync("the finalizer to be back", DecisionLimit, async () =>
            (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value
            .GetProperty("metadata").TryGetProperty("finalizers", out var finalizers) && finalizers.GetArrayLength() == 1, Stop);
        Assert.True((await ShapeAsync()).IsSteered);
    }

    [Fact]
    public async Task ServiceDeletedAndCreatedAgain_UnderItsPolicy_IsSteeredAgainWithoutLeftovers()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var before = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await NothingLostAsync(before);
        var old = (await ShapeAsync()).Own.Select(s => s.Name).ToHashSet();
        await Api.Kubectl.RunAsync(["delete", "service", Workload.Service, "-n", Namespace], cancellationToken: Stop);
        await ConditionBecomesAsync("Steering", "False");
        await using var after = Traffic(await Workload.ExposeUnderPolicyAsync(Stop));
        await SteeredToAsync("a", "b");
        await ElapsedAsync(after, 3);
        await NothingLostAsync(after);
        Assert.DoesNotContain((await ShapeAsync()).Own, s => s.Owner != "Service");
        await Waiting.UntilAsync("the old Service's slices to go", TimeLimits.Seconds(30),
            async () => !(await ShapeAsync()).Slices.Any(s => old.Contains(s.Name) && s.Endpoints.Count == 0), Stop);
    }

    [Fact]
    public async Task NamespaceDeleted_WhileSteered_GoesWithAllThatIsInIt()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync(Threshold);
        await SteeredToAsync("a", "b");
        await NothingLostAsync(traffic);
        await Api.Kubectl.RunAsync(["delete", "namespace", Namespace, "--wait=false"], cancellationToken: Stop);
        // What is Aviator's goes first; the pods take as long as the kubelet, which may have a hundred others to end.
        await Waiting.UntilAsync("the policy to go by itself", TimeLimits.Release, async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        await Waiting.UntilAsync("the namespace to go by itself", TimeLimits.Collection, async () =>
            await Api.GetAsync($"api/v1/namespaces/{Namespace}", Stop) is null, Stop);
        Assert.False(Fixture.Controller!.HasExited, Fixture.Controller.Tail());
    }

    /// <summary>
    /// A forced server-side apply of the user's manifest. Where spec.selector is one atomic field (current servers) that takes the key;
    /// where each key has its own owner (1.20) it does not, and a patch does what the apply would have done.
    /// </summary>
    private async Task TakeKeyAsync()
    {
        await Api.Kubectl.RunAsync(["apply", "-n", Namespace, "--server-side", "--force-conflicts", "--field-manager=flux", "-f", "-"],
            Workload.ServiceManifest(), Stop);
        if ((await ShapeAsync()).Selector.ContainsKey(AviatorNames.SteeredKey))
            await Api.Kubectl.RunAsync(["patch", "service", Workload.Service, "-n", Namespace, "--type=merge", "-p", RemoveKey],
                cancellationToken: Stop);
    }

    private static bool Disagrees(ObservedService shape) =>
        shape.Slices.SelectMany(s => s.Endpoints).GroupBy(e => e.Address).Any(g => g.Select(e => e.Ready).Distinct().Count() > 1);
}
