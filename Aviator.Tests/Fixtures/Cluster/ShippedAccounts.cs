using Aviator.Demo.Kubernetes;
using Aviator.Demo.Processes;
using k8s;
using k8s.Models;

namespace Aviator.Tests.Fixtures.Cluster;

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
        await api.Kubectl.TryAsync(["delete", "lease", "aviator-controller", "-n", Namespace, "--ignore-not-found"], cancellationToken: stop);
        return new(api);
    }

    /// <summary>The test's kubeconfig, with a token of the account in place of the administrator.</summary>
    public async Task<string> KubeconfigAsync(string account, CancellationToken stop)
    {
        var request = new Authenticationv1TokenRequest { Spec = new() { Audiences = [], ExpirationSeconds = 3600 } };
        var token = (await _api.Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, account, Namespace, cancellationToken: stop)).Status.Token;
        var config = await KubernetesClientConfiguration.LoadKubeConfigAsync(_api.Kubeconfig);
        var user = config.Users.Single(candidate => candidate.Name == config.Contexts.Single(context => context.Name == config.CurrentContext).ContextDetails.User);
        user.UserCredentials = new() { Token = token };
        // The folder can be entered by its owner alone.
        _folders.Add(Directory.CreateTempSubdirectory("aviator-rights-").FullName);
        var path = Path.Combine(_folders[^1], $"{account}.kubeconfig");
        await File.WriteAllTextAsync(path, KubernetesYaml.Serialize(config), stop);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await _api.Kubectl.TryAsync(["delete", "-f", Manifests, "--ignore-not-found"], cancellationToken: CancellationToken.None);
        await _api.Kubectl.TryAsync(["delete", "lease", "aviator-controller", "-n", Namespace, "--ignore-not-found"], cancellationToken: CancellationToken.None);
        foreach (var folder in _folders) Directory.Delete(folder, recursive: true);
    }
}
