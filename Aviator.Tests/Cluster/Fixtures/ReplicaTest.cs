using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// A test with several controllers and its own watchdog, in place of the one controller of all tests. Their Lease lies in the test's
/// namespace.
/// </summary>
public abstract class ReplicaTest(ClusterFixture cluster) : ClusterTest(cluster)
{
    /// <summary>The defaults of Lease and watchdog, which users get.</summary>
    protected static readonly IReadOnlyDictionary<string, string> DefaultLease = new Dictionary<string, string>();

    /// <summary>A Lease that makes a test quick.</summary>
    protected static readonly IReadOnlyDictionary<string, string> ShortLease = new Dictionary<string, string>
    {
        ["Aviator__LeaderElection__LeaseDuration"] = "00:00:04",
        ["Aviator__LeaderElection__RenewDeadline"] = "00:00:03",
        ["Aviator__LeaderElection__RetryPeriod"] = "00:00:00.5",
    };

    private const int FirstPort = 19465;
    private ShippedAccounts? _accounts;
    private readonly List<Replica> _replicas = [];

    /// <summary>The controllers and watchdogs of this test, in the order of their start.</summary>
    private protected IReadOnlyList<Replica> Replicas => _replicas;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
                TestContext.Current.TestOutputHelper?.WriteLine($"--- {replica.Process.Name}\n{replica.Process.Tail()}");
            await replica.DisposeAsync();
        }

        if (_accounts is not null) await _accounts.DisposeAsync();
        if (Namespace.Length > 0) await Fixture.RunAviatorAsync(CancellationToken.None);
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private string LeaseNamespace => _accounts is null ? Namespace : ShippedAccounts.Namespace;

    /// <summary>From now on each program has the rights that are shipped for it, and no more.</summary>
    private protected async Task UseShippedAccountsAsync() => _accounts = await ShippedAccounts.InstallAsync(Api, Stop);

    /// <summary>Starts a controller that takes part in the election, and waits until it is ready.</summary>
    private protected async Task<Replica> ControllerAsync(
        string name, IReadOnlyDictionary<string, string> lease, IReadOnlyDictionary<string, string>? settings = null)
    {
        var address = NextAddress();
        var process = AviatorProcesses.StartController(await KubeconfigAsync("controller"), Log(name), Merge(lease, settings, new()
        {
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["Aviator__LeaderElection__Enabled"] = "true",
            ["Aviator__LeaderElection__LeaseNamespace"] = LeaseNamespace,
            ["Aviator__LeaderElection__Identity"] = name,
            ["Aviator__Namespace"] = Namespace,
        }));
        return await ReadyAsync(process, address);
    }

    /// <summary>Starts a watchdog, and waits until it is ready.</summary>
    private protected async Task<Replica> WatchdogAsync(TimeSpan releaseAfter, IReadOnlyDictionary<string, string>? settings = null)
    {
        var address = NextAddress();
        var process = ChildProcess.Start("watchdog", [.. AviatorProgram.Command("Aviator.Controller"), "watchdog"],
            Merge(settings, null, new()
            {
                ["ASPNETCORE_URLS"] = address.ToString(),
                ["Watchdog__Kubeconfig"] = await KubeconfigAsync("watchdog"),
                ["Watchdog__LeaseNamespace"] = LeaseNamespace,
                ["Watchdog__Namespace"] = Namespace,
                ["Watchdog__ReleaseAfter"] = releaseAfter.ToString("c"),
            }), Log("watchdog"));
        return await ReadyAsync(process, address);
    }

    /// <summary>Runs the release before an uninstall.</summary>
    /// <param name="deployment">The Deployment that is to own the Lease.</param>
    private protected async Task<CommandResult> ReleaseAsync(string deployment) => await Command.RunAsync(
        [
            .. AviatorProgram.Command("Aviator.Controller"), "release", "--kubeconfig", await KubeconfigAsync("release"), "--namespace",
            Namespace,
            "--lease-namespace", LeaseNamespace, "--deployment", deployment,
        ],
        limit: TimeLimits.Seconds(120), cancellationToken: Stop);

    /// <summary>Waits until one of them leads.</summary>
    /// <returns>It, and the time it took.</returns>
    private protected static async Task<(Replica Leader, TimeSpan Took)> LeaderAsync(params IEnumerable<Replica> among)
    {
        Replica? leader = null;
        var took = await Waiting.UntilAsync("a leader", TimeLimits.ProgramReady, async () =>
        {
            foreach (var replica in among)
                if (await replica.LeadsAsync(Stop))
                    leader = replica;
            return leader is not null;
        }, Stop, pause: TimeSpan.FromMilliseconds(50));
        return (leader!, took);
    }

    /// <summary>The Lease's holder; null when there is no Lease.</summary>
    private protected async Task<string?> HolderAsync() =>
        (await Api.GetAsync($"apis/coordination.k8s.io/v1/namespaces/{LeaseNamespace}/leases/aviator-controller",
            Stop))?.GetProperty("spec").GetProperty("holderIdentity").GetString();

    private protected static string Log(string name) => Path.Combine(ClusterFixture.Artifacts, $"{name}-{Guid.NewGuid():N}.log");

    private static Dictionary<string, string> Merge(
        IReadOnlyDictionary<string, string>? one, IReadOnlyDictionary<string, string>? two, Dictionary<string, string> all)
    {
        foreach (var (key, value) in (one ?? DefaultLease).Concat(two ?? DefaultLease)) all[key] = value;
        return all;
    }

    private async Task<string> KubeconfigAsync(string role) =>
        _accounts is null ? Api.Kubeconfig : await _accounts.KubeconfigAsync($"aviator-{role}", Stop);

    private Uri NextAddress() => new($"http://127.0.0.1:{FirstPort + _replicas.Count}");

    private async Task<Replica> ReadyAsync(ChildProcess process, Uri address)
    {
        var replica = new Replica(process, address);
        _replicas.Add(replica);
        await AviatorProcesses.ReadyAsync(process, address, TimeLimits.ProgramReady, Stop);
        return replica;
    }
}
