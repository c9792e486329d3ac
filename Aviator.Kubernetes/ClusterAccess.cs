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
    public static k8s.Kubernetes Connect(string? kubeconfig, string? context = null)
    {
        var path = kubeconfig is { Length: > 0 } ? kubeconfig : Environment.GetEnvironmentVariable("KUBECONFIG");
        var named = context is { Length: > 0 } ? context : null;
        if (path is null or { Length: 0 } && named is null && KubernetesClientConfiguration.IsInCluster())
            return ApiClients.Create(KubernetesClientConfiguration.InClusterConfig());
        if (path is null or { Length: 0 }) path = KubernetesClientConfiguration.KubeConfigDefaultLocation;
        if (!File.Exists(path))
        {
            throw new NoClusterException(
                $"No cluster was found: there is no file {path}. " +
                "Name a kubeconfig by the setting Kubeconfig or by KUBECONFIG, or run as a pod.");
        }

        try
        {
            if (string.IsNullOrWhiteSpace(File.ReadAllText(path)))
                throw new NoClusterException($"The kubeconfig {path} is empty: name one that has a cluster, or write it anew.");
            return ApiClients.Create(KubernetesClientConfiguration.BuildConfigFromConfigFile(path, named));
        }
        catch (Exception error) when (error is not (OutOfMemoryException or NoClusterException))
        {
            // The client meets a broken file with whatever happens to fail, null references included.
            throw new NoClusterException($"The kubeconfig {path} cannot be used: {error.Message}", error);
        }
    }
}
