using Xunit;

namespace Aviator.Tests.Unit.Chart;

/// <summary>A value that cannot be meant is refused before anything is installed, by a message that names it.</summary>
public sealed class ChartValuesTests
{
    [Theory]
    [InlineData("controller.replica=3", "replica")]
    [InlineData("controller.replicas=0", "/controller/replicas")]
    [InlineData("controller.leaderElection.leaseDuration=soon", "/controller/leaderElection/leaseDuration")]
    [InlineData("controller.page.enabled=yes", "/controller/page/enabled")]
    [InlineData("controller.autoscaling.enabled=1", "/controller/autoscaling/enabled")]
    [InlineData("agent.source=kernel", "/agent/source")]
    [InlineData("agent.port=80", "/agent/port")]
    [InlineData("agent.capabilities={CAP_BPF}", "/agent/capabilities")]
    [InlineData("agent.access.mode=secret", "/agent/access/mode")]
    [InlineData("agent.settings.Agent__Port=9999", "/agent/settings/Agent__Port")]
    [InlineData("watchNamespace=Shop", "/watchNamespace")]
    [InlineData("redis.mode=yes", "/redis/mode")]
    [InlineData("redis.internal.maxMemory=lots", "/redis/internal/maxMemory")]
    [InlineData("image.pullPolicy=Sometimes", "/image/pullPolicy")]
    [InlineData("logLevel=Loud", "/logLevel")]
    [InlineData("networkPolicy.nodeCIDRs={here}", "/networkPolicy/nodeCIDRs")]
    [InlineData("controller.leaderElection.enabled=false,watchdog.enabled=false",
        "controller.replicas: more than 1 replica needs controller.leaderElection.enabled")]
    [InlineData("controller.leaderElection.enabled=false,controller.replicas=1",
        "watchdog.enabled: the watchdog looks at the controllers' Lease")]
    [InlineData("redis.mode=external", "redis.external.existingSecret: name the Secret")]
    [InlineData("networkPolicy.enabled=true", "networkPolicy.nodeCIDRs: the agents reach Redis")]
    public async Task Template_BadValue_IsRefusedByName(string value, string message)
    {
        var result = await Helm.TryAsync("template", "aviator", Helm.Chart, "--set", value);
        Assert.NotEqual(0, result.ExitCode);
        // What the schema refuses is named as /a/b by Helm 4, and as a.b at a line's start by Helm 3.
        if (message[0] == '/' && !result.Error.Contains(message, StringComparison.Ordinal)) message = $"- {message[1..].Replace('/', '.')}";
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_ThePage_IsOffUnlessAskedFor()
    {
        const string On = "Aviator__Page__Enabled: \"true\"";
        Assert.DoesNotContain(On, await Helm.TemplateAsync(Helm.Current), StringComparison.Ordinal);
        Assert.Contains(On, await Helm.TemplateAsync(Helm.Current, "controller.page.enabled=true"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("15s", "00:00:15")]
    [InlineData("2m", "00:02:00")]
    [InlineData("1m30s", "00:01:30")]
    [InlineData("90m", "01:30:00")]
    public async Task Template_Duration_IsWrittenAsTheProgramsReadIt(string duration, string written) =>
        Assert.Contains($"Watchdog__ReleaseAfter: \"{written}\"",
            await Helm.TemplateAsync(Helm.Current, $"watchdog.releaseAfter={duration}"), StringComparison.Ordinal);
}
