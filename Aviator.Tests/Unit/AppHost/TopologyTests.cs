using Aviator.Agent;
using Aviator.AppHost;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Aviator.Tests.Unit.AppHost;

public sealed class TopologyTests
{
    private static readonly IReadOnlyList<Part> Local = Topology.Local(new AppHostParameters(), "node-1");

    [Fact]
    public void Local_EveryPart_ComesAfterWhatItWaitsFor()
    {
        var started = new HashSet<string>();
        foreach (var part in Local)
        {
            Assert.All(part.WaitsFor, name => Assert.Contains(name, started));
            Assert.True(started.Add(part.Name), $"{part.Name} is there twice");
        }
    }

    [Fact]
    public void Local_ControllerAndWatchdog_MeanTheSameLease()
    {
        var (controller, watchdog) = (Named("controller").Environment, Named("watchdog").Environment);
        Assert.Equal("true", controller["Aviator__LeaderElection__Enabled"]);
        Assert.Equal(controller["Aviator__LeaderElection__LeaseName"], watchdog["Watchdog__LeaseName"]);
        Assert.Equal(controller["Aviator__LeaderElection__LeaseNamespace"], watchdog["Watchdog__LeaseNamespace"]);
        Assert.Equal(controller["Aviator__Namespace"], watchdog["Watchdog__Namespace"]);
    }

    [Fact]
    public void Local_Agent_ListensWhereTheControllerReads()
    {
        Assert.Equal($"{Named("agent").Port}", Named("agent").Environment["Agent__Port"]);
        Assert.Equal($"http://127.0.0.1:{Named("agent").Port}", Named("controller").Environment["Aviator__Agents"]);
        Assert.Equal("node-1", Named("agent").Environment["Agent__NodeName"]);
        Assert.Equal(new AgentOptions().Port, Topology.Agent.Port);
    }

    [Fact]
    public void Product_OnTheWayToACluster_NamesNothingOfThisMachine() =>
        Assert.All(Topology.Product, part => Assert.DoesNotContain(part.Environment, e => e.Value.Contains("127.0.0.1", StringComparison.Ordinal) || e.Key == "Agent__NodeName"));

    [Theory]
    [InlineData("rate", "0", "from 1 to 1000")]
    [InlineData("rate", "many", "from 1 to 1000")]
    [InlineData("source", "kernel", "auto, ebpf, probe")]
    [InlineData("cluster", "mine", "current, test")]
    [InlineData("namespace", "Not_A_Name", "lower-case")]
    public void Parameters_BadValue_IsNamedWithWhatItMayBe(string name, string value, string expected)
    {
        var fault = Assert.Throws<ArgumentException>(() => Parameters((name, value)));
        Assert.Contains($"Parameters:{name}", fault.Message, StringComparison.Ordinal);
        Assert.Contains(value, fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_Given_ReachTheParts()
    {
        var parts = Topology.Local(Parameters(("namespace", "shop"), ("rate", "12.5"), ("source", "probe")), "n");
        Assert.Equal(["shop"], parts.Single(p => p.Name == "workload").Arguments);
        Assert.Equal(["load", "shop", "echo", "12.5"], parts.Single(p => p.Name == "load").Arguments);
        Assert.Equal("probe", parts.Single(p => p.Name == "agent").Environment["Agent__Source"]);
        Assert.Equal("shop", parts.Single(p => p.Name == "controller").Environment["Aviator__Namespace"]);
    }

    [Fact]
    public void Parameters_NoneGiven_NeedNoRightsUnlessTheyAreThere() => Assert.Equal(Environment.IsPrivilegedProcess ? "auto" : "probe", Parameters().Source);

    private static Part Named(string name) => Local.Single(part => part.Name == name);

    private static AppHostParameters Parameters(params (string Name, string Value)[] given) =>
        AppHostParameters.From(new ConfigurationBuilder().AddInMemoryCollection(given.Select(g => KeyValuePair.Create($"Parameters:{g.Name}", (string?)g.Value))).Build());
}
