using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;


namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>The accounts of config/rbac with exactly the rights that are shipped, and a kubeconfig for each that is asked for.</summary>
internal sealed class ShippedAccounts : IAsyncDisposable
{
    /// <summary>The namespace that they are in.</summary>
    public const string Namespace = "aviator-system";

    private static readonly string Manifests = Path.Combine(AviatorProgram.Root, "config", "rbac");
    private readonly ClusterApi _api;
    private readonly List<string> _folders = [];

    private ShippedAccounts(ClusterApi api) => _api = api;

    /// <summary>Installs them.</summary>
    public static async Task<ShippedAccounts> InstallAsync(ClusterApi api, CancellationToken stop)
    {
        await api.Kubectl.TryAsync(["create", "namespace", Namespace], cancellationToken: stop);
        await api.Kubectl.RunAsync(["apply", "-f", Manifests], cancellationToken: stop);
        await api.Kubectl.TryAsync(["delete", "lease", "aviator-controller", "-n", Namespace, "--ignore-not-found"],
            cancellationToken: stop);
        return new(api);
    }

    /// <summary>The test's kubeconfig, with a token of the account in place of the administrator.</summary>
    public async Task<string> KubeconfigAsync(string account, CancellationToken stop)
    {
        var path = await AccountToken.KubeconfigAsync(_api, await AccountToken.CreateAsync(_api, Namespace, account, null, stop), stop);
        _folders.Add(Path.GetDirectoryName(path)!);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await _api.Kubectl.TryAsync(["delete", "-f", Manifests, "--ignore-not-found"], cancellationToken: CancellationToken.None);
        await _api.Kubectl.TryAsync(["delete", "lease", "aviator-controller", "-n", Namespace, "--ignore-not-found"],
            cancellationToken: CancellationToken.None);
        foreach (var folder in _folders) Directory.Delete(folder, recursive: true);
    }
}
