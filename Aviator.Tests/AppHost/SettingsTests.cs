using Aviator.AppHost;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Aviator.Tests.AppHost;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("rate", "0", "from 1 to 1000")]
    [InlineData("rate", "many", "from 1 to 1000")]
    [InlineData("source", "kernel", "auto, ebpf, probe")]
    [InlineData("cluster", "mine", "current, test")]
    [InlineData("redis", "yes", "auto, container, server, none")]
    [InlineData("namespace", "Not_A_Name", "lower-case")]
    public void From_BadValue_NamesItAndWhatItMayBe(string name, string value, string expected)
    {
        var fault = Assert.Throws<ArgumentException>(() => From((name, value)));
        Assert.Contains($"Parameters:{name}", fault.Message, StringComparison.Ordinal);
        Assert.Contains(value, fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_NothingGiven_NeedsNoRightsUnlessTheyAreThere() =>
        Assert.Equal(Environment.IsPrivilegedProcess ? "auto" : "probe", From().Source);

    [Theory]
    [InlineData(true, "--operation", "publish")]
    [InlineData(true, "--publisher", "manifest")]
    [InlineData(false, "--Parameters:rate", "20")]
    public void IsAskedFor_CommandLine_TellsAPublishFromARun(bool expected, params string[] args) =>
        Assert.Equal(expected, PublishingProject.IsAskedFor(new ConfigurationBuilder().AddCommandLine(args).Build()));

    private static AppHostSettings From(params (string Name, string Value)[] given) =>
        AppHostSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(given.Select(g => KeyValuePair.Create($"Parameters:{g.Name}", (string?)g.Value))).Build());
}
