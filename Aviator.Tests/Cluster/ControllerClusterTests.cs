using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>What the controller does with policies, beyond moving traffic.</summary>
public sealed class ControllerClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Everyone = "selection: {mode: percentage, percentage: 100}";

    [Fact, Trait("Catalogue", "19")]
    public async Task SecondPolicy_ForTheSameService_IsRejectedAndTakesOverWhenTheFirstGoes()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
        await TickAsync();
        await Workload.ApplyAsync(PolicyText.For(Workload.Service, Everyone, "second"), Stop);
        await Waiting.UntilAsync("the second policy to be rejected", DecisionLimit, async () =>
            await ConditionOfAsync("second", "Accepted") is ("False", "Conflict"), Stop);
        Assert.Equal(("True", "Steered"), await ConditionOfAsync("policy", "Steering"));

        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await DeletePolicyAsync();
        await Waiting.UntilAsync("the first policy to go", DecisionLimit, async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        await Waiting.UntilAsync("the second policy to steer", DecisionLimit, async () =>
            await ConditionOfAsync("second", "Steering") is ("True", "Steered"), Stop);
        Assert.All(watch.Seen, seen => Assert.True(seen.Shape.IsSteered, watch.Describe()));
    }

    [Fact]
    public async Task ObserveMode_WithASlowPod_ReportsAndLeavesTheServiceAlone()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
        var original = await ShapeAsync();
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await ApplyPolicyAsync("mode: Observe\nselection: {mode: threshold}");
        await Waiting.UntilAsync("the decision that would be made", DecisionLimit, async () =>
            await StatusAsync("policy") is { } status && status.GetProperty("activePods").GetInt32() == 2 &&
                status.GetProperty("totalPods").GetInt32() == 3, Stop);
        var gain = (await StatusAsync("policy"))!.Value.GetProperty("estimatedGain");
        Assert.InRange(gain.GetProperty("movedShare").GetDouble(), 0.1, 0.6); // a third of the requests meets the slow pod
        Assert.InRange(gain.GetProperty("p99NowMs").GetDouble(), 290, 60_000);
        Assert.InRange(gain.GetProperty("p99Ms").GetDouble(), 0, gain.GetProperty("p99NowMs").GetDouble());
        Assert.Equal(("True", "Observing"), await ConditionOfAsync("policy", "Ready"));
        Assert.Equal(("False", "Observing"), await ConditionOfAsync("policy", "Steering"));
        Assert.All(watch.Seen, seen => Assert.Equal(original.Describe(), seen.Shape.Describe()));
        var policy = (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value;
        Assert.False(policy.GetProperty("metadata").TryGetProperty("finalizers", out _), "a policy that writes nothing owes nothing");
        await NothingLostAsync(traffic);
    }

    [Fact]
    public async Task SpecOutOfRange_OnASteeredService_ReleasesItWithAReason()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
        await ApplyPolicyAsync(Everyone + "\nevaluationInterval: 1ms");
        await ConditionBecomesAsync("Accepted", "False", "InvalidSpec");
        Assert.Contains("evaluationInterval", (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
        await ReleasedAsync(original);
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
    }

    [Fact]
    public async Task ServiceMissing_IsSaidAndSteeredOnceItIsThere()
    {
        await ApplyPolicyAsync(Everyone);
        await ConditionBecomesAsync("Accepted", "False", "ServiceNotFound");
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ApplyAsync(Workload.ServiceManifest(), Stop);
        await SteeredToAsync("a", "b");
        await ConditionBecomesAsync("Ready", "True");
    }

    [Fact]
    public async Task TargetChanged_OldServiceIsReleasedAndTheNewOneSteered()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await Workload.ApplyAsync(Workload.ServiceManifest()
            .Replace($"name: {Workload.Service}\n", "name: other\n", StringComparison.Ordinal), Stop);
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
        await Workload.ApplyAsync(PolicyText.For("other", Everyone), Stop);
        await ShapeBecomesAsync("the other Service to be steered", shape => shape.IsSteered, service: "other");
        await ReleasedAsync(original);
    }

    [Fact]
    public async Task Deletion_HoldsThePolicyUntilTheServiceIsHandedBack()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
        // The slices come first; the Event comes with the condition, and a policy that is deleted in between has none to tell.
        await ConditionBecomesAsync("Steering", "True");
        var policy = (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value;
        Assert.Equal("aviator.io/release", policy.GetProperty("metadata").GetProperty("finalizers")[0].GetString());
        await DeletePolicyAsync();
        await ConditionBecomesAsync("Steering", "False", "Holding");
        await Waiting.UntilAsync("the policy to go", ReleaseLimit, async () =>
            await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
        Assert.Equal(original.Describe(), (await ShapeAsync()).Describe());
        await Waiting.UntilAsync("the Event of the release", DecisionLimit, async () => (await ReasonsAsync()).Contains("Released"), Stop);
        Assert.Contains("Steered", await ReasonsAsync());
    }

    private async Task<(string Status, string Reason)?> ConditionOfAsync(string policy, string type) =>
        await StatusAsync(policy) is { } status && status.TryGetProperty("conditions", out var conditions) &&
        conditions.EnumerateArray()
            .FirstOrDefault(condition => condition.GetProperty("type").GetString() == type) is { ValueKind: JsonValueKind.Object } found
            ? (found.GetProperty("status").GetString()!, found.GetProperty("reason").GetString()!)
            : null;

    private async Task<JsonElement?> StatusAsync(string policy) =>
        await Api.PolicyAsync(Namespace, policy, Stop) is { } found && found.TryGetProperty("status", out var status) ? status : null;

    private async Task<IReadOnlyList<string>> ReasonsAsync() =>
        [.. (await Api.ListAsync($"api/v1/namespaces/{Namespace}/events", Stop)).Select(note => note.GetProperty("reason").GetString()!)];

    /// <summary>Creation times are whole seconds: a second policy in the same one would be younger by its name alone.</summary>
    private async Task TickAsync()
    {
        var created = (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value.GetProperty("metadata").GetProperty("creationTimestamp")
            .GetDateTimeOffset();
        await Waiting.UntilAsync("the next second", TimeLimits.Seconds(5), () =>
            Task.FromResult(DateTimeOffset.UtcNow > created.AddSeconds(1.1)), Stop);
    }
}
