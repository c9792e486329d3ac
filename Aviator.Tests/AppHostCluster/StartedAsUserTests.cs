using System.Diagnostics;
using System.Globalization;
using Aviator.AppHost;
using Xunit;

namespace Aviator.Tests.AppHostCluster;

/// <summary>The AppHost as its user starts it: by dotnet run, outside the cluster's network, ended by a signal.</summary>
[Collection(nameof(RunningAppHost))]
public sealed class StartedAsUserTests : IAsyncLifetime
{
    /// <summary>A variable that its processes inherit, each from its parent, and by which they are found.</summary>
    private const string Mark = "AVIATOR_TEST_RUN";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan AllGoneLimit = TimeSpan.FromSeconds(20);
    private readonly string _namespace = TestCluster.NewNamespace();
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly string _log = Path.Combine(TestCluster.Artifacts, "dotnet-run.log");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        TestCluster.Require();
        Assert.SkipWhen(MachineNetwork is null, "this process is not in the network of a cluster of eng/cluster (eng/cluster/run-in.sh)");
        File.Delete(_log);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        // Only what a failed test left.
        foreach (var process in Marked()) process.Kill();
        await TestCluster.RemoveAsync(_namespace);
    }

    /// <summary>A Ctrl-C reaches the terminal's whole process group, a service manager's SIGTERM the one process that it started.</summary>
    [Theory]
    [InlineData("INT", "-")]
    [InlineData("TERM", "")]
    public async Task Run_UntilASignal_DashboardOpensAndTheServiceIsHandedBackAndNoProcessIsLeft(string signal, string group)
    {
        using var host = Start();
        var dashboard = await DashboardAsync(host);
        // In this machine's own network, where its browser is.
        Assert.Contains("Aspire", await OutsideAsync("curl", "-sSL", "--max-time", "20", "-c", "/dev/null", dashboard),
            StringComparison.Ordinal);
        await ServiceBecomesAsync("the workload to be steered to its fast pods", s => s is { IsSteered: true, Own.Count: 2 });
        Assert.True(Marked().Count >= 6, "agent, controller, watchdog, load, redis and dashboard run");

        await Tool.RunAsync(["kill", $"-{signal}", "--", $"{group}{host.Id}"], TimeSpan.FromSeconds(5), Stop);
        await host.WaitForExitAsync(Stop).WaitAsync(EndLimit, Stop);

        Assert.True((await TestCluster.ServiceAsync(_namespace, Stop)).IsHandedBack, Log());
        await TestCluster.UntilAsync("all its processes to be gone", AllGoneLimit, () =>
        {
            var left = Marked();
            return Task.FromResult((left.Count == 0, string.Join(", ", left.Select(p => $"{p.Id} {p.ProcessName}"))));
        }, Stop);
    }

    /// <summary>
    /// The machine's own network: that of the first process above this one which is not in the cluster's. Null when there is none.
    /// </summary>
    private static string? MachineNetwork { get; } = FindMachineNetwork();

    /// <summary>In its own session, as a terminal would give it, and in the machine's own network.</summary>
    private Process Start()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string[] run = ["dotnet", "run", "--no-build", "--configuration", configuration, "--project", Checkout.File("Aviator.AppHost"),
            "--",
            "--Parameters:cluster=test", $"--Parameters:namespace={_namespace}"];
        var start = new ProcessStartInfo("setsid",
            ["sh", "-c", "log=$1; shift; net=$1; shift; exec nsenter --net=\"$net\" \"$@\" >\"$log\" 2>&1", "sh", _log, MachineNetwork!,
                .. run]);
        foreach (var name in new[] { "AVIATOR_INSIDE", "KUBECONFIG", "KUBECONFIG_E2E" }) start.Environment.Remove(name);
        start.Environment[Mark] = _run;
        return Process.Start(start)!;
    }

    private async Task<string> DashboardAsync(Process host)
    {
        const string Line = "  Dashboard: ";
        var address = "";
        await TestCluster.UntilAsync("the dashboard's address", ReadyLimit, () =>
        {
            if (host.HasExited) throw new InvalidOperationException($"The host ended with {host.ExitCode}:\n{Log()}");
            address = Log().Split('\n').FirstOrDefault(l => l.StartsWith(Line, StringComparison.Ordinal))?[Line.Length..].Trim() ?? "";
            return Task.FromResult((address.Length > 0, Log()));
        }, Stop);
        Assert.Contains("Everything is up", Log(), StringComparison.Ordinal);
        return address;
    }

    private Task ServiceBecomesAsync(string what, Func<SteeredService, bool> condition) =>
        TestCluster.UntilAsync(what, TimeSpan.FromSeconds(90), async () =>
    {
        var service = await TestCluster.ServiceAsync(_namespace, Stop);
        return (condition(service), service.ToString());
    }, Stop);

    private static Task<string> OutsideAsync(params string[] command) =>
        Tool.RunAsync(["nsenter", $"--net={MachineNetwork}", .. command], TimeSpan.FromSeconds(30), Stop);

    private static string? FindMachineNetwork()
    {
        var own = Network("self");
        for (var id = Parent("self"); id > 1; id = Parent($"{id}"))
            if (Network($"{id}") is { } network && network != own)
                return $"/proc/{id}/ns/net";
        return null;

        static string? Network(string process) => new FileInfo($"/proc/{process}/ns/net").LinkTarget;

        // After the program's name in brackets: state, parent (proc(5)).
        static int Parent(string process) =>
            File.ReadAllText($"/proc/{process}/stat") is var stat
                ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;
    }

    private string Log() => File.Exists(_log) ? File.ReadAllText(_log) : "";

    private List<Process> Marked() => [.. Process.GetProcesses().Where(IsMarked)];

    private bool IsMarked(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/environ").Split('\0').Contains($"{Mark}={_run}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
