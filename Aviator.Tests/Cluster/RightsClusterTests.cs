using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>The shipped roles are enough to do everything, tried as the accounts that they are bound to.</summary>
[Collection(Disruptive.Name)]
public sealed class RightsClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task ShippedRoles_SteerAndRelease_AreEnough()
    {
        await using var accounts = await ShippedAccounts.InstallAsync(Api, Stop);
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
        var (agentConfig, controllerConfig) =
            (await accounts.KubeconfigAsync("aviator-agent", Stop), await accounts.KubeconfigAsync("aviator-controller", Stop));
        try
        {
            var agent = await Fixture.StartAgentAsync(new Dictionary<string, string> { ["Agent__Kubeconfig"] = agentConfig }, Stop);
            var controller = await Fixture.StartControllerAsync(
                new Dictionary<string, string> { ["Aviator__Kubeconfig"] = controllerConfig }, Stop);
            await Workload.AddAsync(Stop, "a", "b", "slow:300");
            await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
            var original = await ShapeAsync();
            await ApplyPolicyAsync("selection: {mode: threshold}");
            await SteeredToAsync("a", "b");
            await ConditionBecomesAsync("Ready", "True");
            await DeletePolicyAsync();
            await ReleasedAsync(original);
            await Waiting.UntilAsync("the policy to go", ReleaseLimit, async () =>
                await Api.PolicyAsync(Namespace, "policy", Stop) is null, Stop);
            await Waiting.UntilAsync("the Event of the release", DecisionLimit,
                async () => (await Api.ListAsync($"api/v1/namespaces/{Namespace}/events", Stop))
                    .Any(note => note.GetProperty("reason").GetString() == "Released"), Stop);
            await ApplyPolicyAsync("routing: Shadow\nselection: {mode: threshold}");
            await ConditionBecomesAsync("Steering", "True", "Shadow");
            await DeletePolicyAsync();
            await new Twin(Api, Namespace).GoneAsync(ReleaseLimit, Stop);
            await ApplyPolicyAsync("routing: Kernel\nselection: {mode: threshold}");
            await ConditionBecomesAsync("Steering", "True", "Kernel");
            await ApplyPolicyAsync("routing: KernelAndService\nselection: {mode: threshold}");
            await ConditionBecomesAsync("Steering", "True", "KernelAndService");
            Assert.DoesNotContain("forbidden", Since(controller, "Started the controller"), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("forbidden", Since(agent, "Measured"), StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
            await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
            await Fixture.RunAviatorAsync(CancellationToken.None);
        }
    }

    /// <summary>A denied patch of the selector, as by a rule of admission: the policy says so, and the Service is as it was.</summary>
    [Fact]
    public async Task RightToPatchServices_MissingForAWhile_IsInTheConditionAndLeavesNoSlices()
    {
        await using var accounts = await ShippedAccounts.InstallAsync(Api, Stop);
        const string full = "resources: [services]\n    verbs: [list, watch, patch]";
        var shipped = await File.ReadAllTextAsync(Path.Combine(AviatorProgram.Root, "config", "rbac", "controller.yaml"), Stop);
        Assert.Contains(full, shipped, StringComparison.Ordinal);
        await Api.Kubectl.RunAsync(["apply", "-f", "-"], shipped.Replace(full, full.Replace(", patch", "", StringComparison.Ordinal),
            StringComparison.Ordinal), Stop);
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        var config = await accounts.KubeconfigAsync("aviator-controller", Stop);
        try
        {
            await Fixture.StartControllerAsync(new Dictionary<string, string> { ["Aviator__Kubeconfig"] = config }, Stop);
            await Workload.AddAsync(Stop, "a", "b");
            await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
            var original = await ShapeAsync();
            await ApplyPolicyAsync("selection: {mode: threshold}");
            await ConditionBecomesAsync("Steering", "False", "WriteDenied");
            Assert.Contains("cannot patch resource", (await ConditionAsync("Steering"))!.Value.Message, StringComparison.Ordinal);
            await ShapeBecomesAsync("own slices to come", shape => shape.Own.Any());
            await ShapeBecomesAsync(
                "the Service to be as before", shape => shape.Describe() == original.Describe(), TimeLimits.Seconds(150));

            await Api.Kubectl.RunAsync(["apply", "-f", "-"], shipped, Stop);
            await ShapeBecomesAsync("the Service to be steered", shape => shape.IsSteered, TimeLimits.Seconds(120));
            await ConditionBecomesAsync("Steering", "True", "Steered");
            await NothingLostAsync(traffic);
        }
        finally
        {
            await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
            await Fixture.RunAviatorAsync(CancellationToken.None);
        }
    }

    /// <summary>The log of this start: the file holds those of earlier ones.</summary>
    private static string Since(ChildProcess process, string mark)
    {
        var log = File.ReadAllText(process.LogPath);
        return log[Math.Max(0, log.LastIndexOf(mark, StringComparison.Ordinal))..];
    }
}
