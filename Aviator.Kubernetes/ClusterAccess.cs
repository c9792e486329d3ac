using k8s;

namespace Aviator.Kubernetes;

/// <summary>The way to the API server could not be found; the message says what to do.</summary>
public sealed class NoClusterException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Finds the API server, by the same rule in every program.</summary>
public static class ClusterAccess
{
    /// <summary>
    /// The client by <paramref name="kubeconfig"/>, else KUBECONFIG, else the pod's own account, else the user's default file. Nothing is
    /// asked yet.
    /// </summary>
    /// <param name="kubeconfig">Path of a file; null or empty to look for one.</param>
    /// <param name="context">The file's context; null or empty for its current one.</param>
    /// <exception cref="NoClusterException">None of these is there, or the file cannot be used.</exception>
    public static k8s.Kubernetes Connect(string? kubeconfig, string? context = null) => Connect(kubeconfig, context, out _);

    /// <inheritdoc cref="Connect(string?, string?)"/>
    /// <param name="kubeconfig">Path of a file; null or empty to look for one.</param>
    /// <param name="context">The file's context; null or empty for its current one.</param>
    /// <param name="ns">The namespace that the context, or the pod's account, stands in; null where it names none.</param>
    public static k8s.Kubernetes Connect(string? kubeconfig, string? context, out string? ns)
    {
        var path = kubeconfig is { Length: > 0 } ? kubeconfig : Environment.GetEnvironmentVariable("KUBECONFIG");
        var named = context is { Length: > 0 } ? context : null;
        if (path is null or { Length: 0 } && named is null && KubernetesClientConfiguration.IsInCluster())
        {
            var account = KubernetesClientConfiguration.InClusterConfig();
            ns = account.Namespace;
            return ApiClients.Create(account);
        }

        if (path is null or { Length: 0 }) path = KubernetesClientConfiguration.KubeConfigDefaultLocation;
        // KUBECONFIG may be a list, as kubectl reads it: files that are not there are passed over.
        var isList = kubeconfig is null or { Length: 0 } && !File.Exists(path);
        var files = (isList ? path.Split(Path.PathSeparator) : [path]).Where(File.Exists).ToArray();
        if (files.Length == 0)
        {
            throw new NoClusterException(
                $"No cluster was found: there is no file {path}. " +
                "Name a kubeconfig by the setting Kubeconfig or by KUBECONFIG, or run as a pod.");
        }

        try
        {
            if (files.All(file => string.IsNullOrWhiteSpace(File.ReadAllText(file))))
                throw new NoClusterException($"The kubeconfig {path} is empty: name one that has a cluster, or write it anew.");
            var config = Read(files, named);
            ns = config.Namespace;
            return ApiClients.Create(config);
        }
        catch (Exception error) when (error is not (OutOfMemoryException or NoClusterException))
        {
            // The client meets a broken file with whatever happens to fail, null references included.
            throw new NoClusterException($"The kubeconfig {path} cannot be used: {error.Message}", error);
        }
    }

    /// <summary>Several files are merged by the client where no context is named; else the one that has the context is meant.</summary>
    private static KubernetesClientConfiguration Read(string[] files, string? context) => files switch
    {
        [var file] => KubernetesClientConfiguration.BuildConfigFromConfigFile(file, context),
        _ when context is null => KubernetesClientConfiguration.BuildDefaultConfig(),
        _ => KubernetesClientConfiguration.BuildConfigFromConfigFile(
            Array.Find(files, file =>
                KubernetesClientConfiguration.LoadKubeConfig(file).Contexts?.Any(entry => entry.Name == context) == true) ?? files[0],
            context),
    };
}
