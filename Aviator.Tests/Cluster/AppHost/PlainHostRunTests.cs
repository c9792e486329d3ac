using System.Globalization;
using System.Text.RegularExpressions;
using Aviator.AppHost;
using Aviator.Demo;
using Aviator.Demo.Processes;
using Aviator.Tests.Cluster.Fixtures;
using Xunit;

namespace Aviator.Tests.Cluster.AppHost;

/// <summary>The whole of it on the real cluster, started as a user does. It needs the ports of the shared agent and controller, so these are stopped.</summary>
[Collection(Disruptive.Name)]
public sealed partial class PlainHostRunTests(ClusterFixture cluster) : IAsyncLifetime
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(60);
    private readonly string _namespace = $"e2e-host-{Guid.NewGuid():N}"[..16];
    private readonly string _log = Path.Combine(ClusterFixture.Artifacts, "apphost.log");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(HostKind.IsAspire, "the AppHost was built with Aspire: what runs then is Aspire's own orchestrator");
        await cluster.RequireAsync(Stop);
        foreach (var process in new[] { cluster.Controller, cluster.Agent })
            if (process is { HasExited: false }) await process.StopAsync(TimeSpan.FromSeconds(60));
        File.Delete(_log);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HostKind.IsAspire) await TestNamespace.RemoveAsync(cluster.Api, _namespace, CancellationToken.None);
    }

    /// <summary>A Ctrl-C reaches the terminal's whole process group; a service manager's SIGTERM the one process that it started.</summary>
    [Theory]
    [InlineData("INT", "-")]
    [InlineData("TERM", "")]
    public async Task Run_UntilASignal_SteersTheWorkloadAndLeavesNoProcess(string signal, string group)
    {
        await using var host = ChildProcess.Start("apphost",
            ["dotnet", "run", "--no-build", "--configuration", Configuration, "--project", Path.Combine(AviatorProgram.Root, "Aviator.AppHost"), "--", $"--Parameters:namespace={_namespace}"],
            new Dictionary<string, string>(), _log);
        await SaysAsync(host, "all ready", ReadyLimit);
        await SaysAsync(host, "requests, no failures", MoveLimit);
        var last = "";
        await Waiting.UntilAsync("the workload to be steered to its fast pods", MoveLimit, async () =>
        {
            var shape = await cluster.Api.ShapeAsync(_namespace, Topology.DemoService, Stop);
            last = shape?.Describe() ?? "no such Service";
            return shape is { IsSteered: true } && shape.OwnReady.Count == 2;
        }, Stop, () => last);

        var children = ReadyLine().Matches(await File.ReadAllTextAsync(_log, Stop)).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.All(children, id => Assert.True(Directory.Exists($"/proc/{id}"), $"{id} is not there"));
        await Command.RunAsync(["kill", $"-{signal}", "--", $"{group}{host.Id}"], cancellationToken: Stop);
        await Waiting.UntilAsync("the host's end", EndLimit, () => Task.FromResult(host.HasExited), Stop, () => host.Tail());
        Assert.All(children, id => Assert.False(Directory.Exists($"/proc/{id}"), $"{id} is still there"));
        var log = await File.ReadAllTextAsync(_log, Stop);
        Assert.DoesNotContain("was killed", log, StringComparison.Ordinal);
        var shape = await cluster.Api.ShapeAsync(_namespace, Topology.DemoService, Stop);
        Assert.True(shape is { IsSteered: false, Ready.Count: 4 } && !shape.Own.Any(), $"the Service was not handed back: {shape?.Describe()}");
        Assert.True(children.Length >= 4, log); // Agent, controller, watchdog, load; and Redis where it is installed.
    }

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private Task<TimeSpan> SaysAsync(ChildProcess host, string text, TimeSpan limit) => Waiting.UntilAsync($"the host to say \"{text}\"", limit, async () =>
    {
        if (host.HasExited) throw new InvalidOperationException($"The host ended:\n{host.Tail()}");
        return (await File.ReadAllTextAsync(_log, Stop)).Contains(text, StringComparison.Ordinal);
    }, Stop, () => host.Tail());

    [GeneratedRegex(@"ready \(process (\d+)\)")]
    private static partial Regex ReadyLine();
}
