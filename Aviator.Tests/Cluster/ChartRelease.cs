using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Aviator as a user installs it: the chart, by real Helm, from images that were built into the test cluster.</summary>
internal sealed class ChartRelease : IAsyncDisposable
{
    /// <summary>Not the default name: nothing may depend on it.</summary>
    public const string Name = "pilot";

    /// <summary>Where it is installed; its workload is elsewhere.</summary>
    public const string Home = "aviator-chart";

    private static readonly TimeSpan Limit = TimeLimits.Collection;

    private bool _installed;

    /// <summary>
    /// Whether Helm applies by itself: Kubernetes 1.20 breaks off a server-side apply of an APIService, which is how Helm 4 applies.
    /// </summary>
    public bool ByClientSide { get; init; }

    /// <summary>Installs it and waits until every pod is ready.</summary>
    public async Task InstallAsync(CancellationToken stop, params IEnumerable<string> values)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES") is null or "",
            "The images are built for the test cluster alone: run 'make test-e2e' without KUBECONFIG_E2E.");
        _installed = true;
        await RunAsync("install", values, stop);
    }

    /// <summary>Upgrades it and waits until every new pod is ready.</summary>
    public Task UpgradeAsync(CancellationToken stop, params IEnumerable<string> values) => RunAsync("install", values, stop);

    /// <summary>Removes it, the hook before it included.</summary>
    public async Task UninstallAsync(CancellationToken stop)
    {
        (await TryUninstallAsync(stop)).EnsureSuccess();
    }

    /// <summary>Tries to remove it.</summary>
    /// <returns>What Helm said; the release stays installed unless it succeeded.</returns>
    public async Task<CommandResult> TryUninstallAsync(CancellationToken stop)
    {
        var result = await TryDeployAsync(["uninstall"], stop);
        _installed &= result.ExitCode != 0;
        return result;
    }

    /// <summary>Tries to install another release beside it.</summary>
    /// <param name="ns">Where; the namespace is made.</param>
    /// <param name="stop">Ends the wait.</param>
    public static Task<CommandResult> TryInstallAnotherAsync(string ns, CancellationToken stop) =>
        TryDeployAsync("second", ns, ["install"], stop);

    public async ValueTask DisposeAsync()
    {
        // After a failure the hook may be what failed.
        if (_installed) await DeployAsync(["uninstall", "--no-hooks"], CancellationToken.None);
    }

    private Task RunAsync(string what, IEnumerable<string> values, CancellationToken stop) => DeployAsync(
        [what, .. values.SelectMany(value => new[] { "--set", value }), .. ByClientSide ? (string[])["--server-side=false"] : []], stop);

    private static async Task DeployAsync(IEnumerable<string> arguments, CancellationToken stop) =>
        (await TryDeployAsync(arguments, stop)).EnsureSuccess();

    private static Task<CommandResult> TryDeployAsync(IEnumerable<string> arguments, CancellationToken stop) =>
        TryDeployAsync(Name, Home, arguments, stop);

    private static Task<CommandResult> TryDeployAsync(string name, string ns, IEnumerable<string> arguments, CancellationToken stop) =>
        Command.RunAsync(
            ["env", $"NAMESPACE={ns}", $"RELEASE={name}", Path.Combine(AviatorProgram.Root, "eng", "deploy.sh"), .. arguments],
            limit: Limit, cancellationToken: stop);
}
