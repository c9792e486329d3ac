using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aviator.AppHost;
using Xunit;

namespace Aviator.Tests.AppHost;

/// <summary>What the AppHost is made of. Nothing is started: no cluster, no orchestrator.</summary>
public sealed class ModelTests
{
    private static readonly (string, string)[] Fixed = [("node", "node-1"), ("redis", "none")];

    [Fact]
    public async Task Run_EveryResource_HasAnIconAndEveryParameterADescription()
    {
        await using var model = await AppHostModel.BuildAsync([.. Fixed]);
        Assert.Equal(["agent", "controller", "load", "redis", "watchdog", "workload"], Shown(model).Order(StringComparer.Ordinal));
        Assert.All(Shown(model),
            name => Assert.True(model[name].TryGetAnnotationsOfType<ResourceIconAnnotation>(out _), $"{name} has no icon"));
        Assert.All(model.Resources.OfType<ParameterResource>().Where(p => !p.Secret),
            p => Assert.False(string.IsNullOrEmpty(p.Description), $"{p.Name} has no description"));
    }

    [Fact]
    public async Task Run_EveryProgram_WaitsForWhatItNeeds()
    {
        await using var model = await AppHostModel.BuildAsync(("node", "node-1"), ("redis", "container"));
        Assert.Equal(["redis WaitUntilHealthy", "workload WaitForCompletion"], model.Waits("agent"));
        Assert.Equal(["agent WaitUntilHealthy", "redis WaitUntilHealthy"], model.Waits("controller"));
        Assert.Equal(["controller WaitUntilHealthy"], model.Waits("watchdog"));
        Assert.Equal(["controller WaitUntilHealthy", "workload WaitForCompletion"], model.Waits("load"));
        Assert.Empty(model.Waits("workload"));
    }

    [Fact]
    public async Task Run_ControllerAndWatchdog_MeanTheSameLease()
    {
        await using var model = await AppHostModel.BuildAsync([.. Fixed]);
        var (controller, watchdog) = (await model.EnvironmentAsync("controller"), await model.EnvironmentAsync("watchdog"));
        Assert.Equal("true", controller["Aviator__LeaderElection__Enabled"]);
        Assert.Equal(controller["Aviator__LeaderElection__LeaseName"], watchdog["Watchdog__LeaseName"]);
        Assert.Equal(controller["Aviator__LeaderElection__LeaseNamespace"], watchdog["Watchdog__LeaseNamespace"]);
        Assert.Equal(controller["Aviator__Namespace"], watchdog["Watchdog__Namespace"]);
        Assert.Equal(["watchdog"], await model.ArgumentsAsync("watchdog"));
    }

    [Fact]
    public async Task Run_Controller_ServesItsLivePage_UnderALink()
    {
        await using var model = await AppHostModel.BuildAsync([.. Fixed]);
        var environment = await model.EnvironmentAsync("controller");
        Assert.Equal("true", environment["Aviator__Page__Enabled"]);
        Assert.Contains("Aviator__Page__Port", environment.Keys);
        var endpoints = model["controller"].Annotations.OfType<EndpointAnnotation>();
        Assert.Contains(endpoints, endpoint => endpoint is { Name: AviatorResources.Page, Port: AviatorResources.PagePort });
    }

    [Fact]
    public async Task Run_Settings_ReachThePrograms()
    {
        await using var model = await AppHostModel.BuildAsync([.. Fixed, ("namespace", "shop"), ("rate", "12.5"), ("source", "probe")]);
        var agent = await model.EnvironmentAsync("agent");
        Assert.Equal(("node-1", "probe"), (agent["Agent__NodeName"], agent["Agent__Source"]));
        Assert.Equal("{agent.bindings.http.url}", (await model.EnvironmentAsync("controller"))["Aviator__Agents"]);
        Assert.Equal("shop", (await model.EnvironmentAsync("controller"))["Aviator__Namespace"]);
        Assert.Equal(["shop"], await model.ArgumentsAsync("workload"));
        Assert.Equal(["load", "shop", "echo", "12.5"], await model.ArgumentsAsync("load"));
    }

    [Theory]
    [InlineData("container", true)]
    [InlineData("none", false)]
    public async Task Run_Redis_IsGivenToTheProgramsThatUseIt(string redis, bool given)
    {
        await using var model = await AppHostModel.BuildAsync(("node", "node-1"), ("redis", redis));
        foreach (var name in new[] { "agent", "controller" })
            Assert.Equal(given, (await model.EnvironmentAsync(name)).ContainsKey("ConnectionStrings__redis"));
        Assert.DoesNotContain("ConnectionStrings__redis", (await model.EnvironmentAsync("watchdog")).Keys);
    }

    [Fact]
    public async Task Run_WithoutRedis_SaysThatStateIsInMemoryAndWhy()
    {
        await using var model = await AppHostModel.BuildAsync([.. Fixed]);
        var redis = Assert.IsType<StateInMemoryResource>(model["redis"]);
        var snapshot = redis.Annotations.OfType<ResourceSnapshotAnnotation>().Single().InitialSnapshot;
        Assert.Equal(ProgressStage.Ready, ResourceProgress.Of(snapshot, []).Stage);
        Assert.Contains("Parameters:redis", ResourceProgress.Of(snapshot, []).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_Programs_NameNothingOfThisMachine()
    {
        var builder = DistributedApplication.CreateBuilder(
            ["--operation", "publish", "--step", "publish", "--output-path", Path.GetTempPath()]);
        var settings = new AppHostSettings();
        var agent = builder.AddAviatorAgent("agent", settings);
        var controller = builder.AddAviatorController("controller", settings).WithAgent(agent);
        var watchdog = builder.AddAviatorWatchdog("watchdog", settings);
        foreach (var program in new[] { agent, controller, watchdog })
        {
            var environment = await AppHostModel.EnvironmentAsync(program.Resource, builder.ExecutionContext);
            Assert.DoesNotContain(environment.Keys,
                k => k is "Agent__NodeName" or "Agent__Source" or "Aviator__Agents"
                || k.EndsWith("Namespace", StringComparison.Ordinal));
            Assert.DoesNotContain(environment.Values, v => v.Contains("127.0.0.1", StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Shown(AppHostModel model) =>
        model.Resources.Where(r => r is not ParameterResource && !r.Name.EndsWith("-rebuilder", StringComparison.Ordinal))
            .Select(r => r.Name);
}
