using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Xunit;

[assembly: AssemblyFixture(typeof(Aviator.Tests.Cluster.Fixtures.ClusterFixture))]

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// The real cluster that KUBECONFIG_E2E names, with the CRD installed, and one agent and one controller for all tests, as in life. Nothing
/// is touched before the first test that asks for it. A test that stops one of them runs in the collection <see cref="Disruptive"/> and
/// leaves both running.
/// </summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private const string Variable = "KUBECONFIG_E2E";
    private static readonly TimeSpan ReadyLimit = TimeLimits.ProgramReady;

    /// <summary>The agents of two clusters of one machine share the mount that pins lie in.</summary>
    private static readonly Dictionary<string, string> WithPinsOfItsOwn = new()
    {
        ["Agent__Steering__PinPath"] = $"/sys/fs/bpf/aviator-{Environment.GetEnvironmentVariable("AVIATOR_CLUSTER") ?? "e2e"}",
    };

    private readonly SemaphoreSlim _once = new(1);
    private ClusterApi? _api;

    /// <summary>Logs of the programs and of failed tests: a folder for each cluster, since two may run side by side.</summary>
    internal static string Artifacts { get; } =
        Path.Combine(AviatorProgram.Root, "artifacts", "e2e", Environment.GetEnvironmentVariable("AVIATOR_CLUSTER") ?? "");

    internal ClusterApi Api => _api ?? throw new InvalidOperationException("The cluster was not asked for.");

    internal string Node { get; private set; } = "";

    internal ChildProcess? Agent { get; private set; }

    internal ChildProcess? Controller { get; private set; }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Connects, and installs the CRD, once; skips the test where there is no cluster.</summary>
    internal async Task RequireAsync(CancellationToken stop)
    {
        var kubeconfig = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig),
            $"{Variable} is not set: run 'make test-e2e', which brings a cluster up and runs the tests inside its network.");
        await _once.WaitAsync(stop);
        try
        {
            if (_api is not null) return;
            Directory.CreateDirectory(Artifacts);
            var api = new ClusterApi(kubeconfig!);
            await api.Kubectl.RunAsync(["apply", "-f", Path.Combine(AviatorProgram.Root, "config", "crd")], cancellationToken: stop);
            // kubectl's wait of 1.20 fails on a definition that has no conditions yet.
            string[] established = ["wait", "--for=condition=Established", "--timeout=5s", "crd/aviatorpolicies.aviator.example.com"];
            var said = "";
            await Waiting.UntilAsync("the definition to be established", TimeLimits.Kubernetes, async () =>
            {
                var result = await api.Kubectl.TryAsync(established, cancellationToken: stop);
                said = result.Output;
                return result.ExitCode == 0;
            }, stop, () => said);
            await RemoveNamespacesAsync(api, stop);
            Node = (await api.ListAsync("api/v1/nodes", stop))[0].GetProperty("metadata").GetProperty("name").GetString()!;
            _api = api;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>Starts what does not run, and waits until both say that they are ready.</summary>
    internal async Task RunAviatorAsync(CancellationToken stop)
    {
        await _once.WaitAsync(stop);
        try
        {
            if (Agent is null or { HasExited: true }) Agent = await StartAgentAsync(null, stop);
            if (Controller is null or { HasExited: true }) Controller = await StartControllerAsync(null, stop);
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>Starts an agent in place of the one that was, and waits until it is ready.</summary>
    internal async Task<ChildProcess> StartAgentAsync(
        IReadOnlyDictionary<string, string>? settings, CancellationToken stop, IReadOnlyList<string>? prefix = null)
    {
        Agent = AviatorProcesses.StartAgent(
            Api.Kubeconfig, Node, Path.Combine(Artifacts, "agent.log"), settings ?? WithPinsOfItsOwn, prefix);
        await AviatorProcesses.ReadyAsync(Agent, AviatorProcesses.AgentAddress, ReadyLimit, stop);
        return Agent;
    }

    /// <summary>Starts a controller in place of the one that was, and waits until it is ready.</summary>
    internal async Task<ChildProcess> StartControllerAsync(IReadOnlyDictionary<string, string>? settings, CancellationToken stop)
    {
        Controller = AviatorProcesses.StartController(Api.Kubeconfig, Path.Combine(Artifacts, "controller.log"), settings);
        await AviatorProcesses.ReadyAsync(Controller, AviatorProcesses.ControllerAddress, ReadyLimit, stop);
        return Controller;
    }

    public async ValueTask DisposeAsync()
    {
        if (Controller is not null) await Controller.DisposeAsync();
        if (Agent is not null) await Agent.DisposeAsync();
        _api?.Dispose();
        _once.Dispose();
    }

    /// <summary>Asks for the removal of what a broken run left.</summary>
    private static async Task RemoveNamespacesAsync(ClusterApi api, CancellationToken stop)
    {
        foreach (var left in await api.ListAsync($"api/v1/namespaces?labelSelector={TestNamespace.Label}", stop))
            await TestNamespace.RemoveAsync(api, left.GetProperty("metadata").GetProperty("name").GetString()!, stop);
    }
}

/// <summary>Tests that stop or replace what all tests share: one at a time, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Disruptive
{
    public const string Name = "Disruptive";
}
