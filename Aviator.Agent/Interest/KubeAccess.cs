using Aviator.Kubernetes;
using k8s;

namespace Aviator.Agent.Interest;

/// <summary>The way to the API server could not be found.</summary>
internal sealed class NoClusterException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Finds the API server.</summary>
internal static class KubeAccess
{
    /// <summary>
    /// The client by <paramref name="kubeconfig"/>, else KUBECONFIG, else the pod's own account, else the user's default file.
    /// </summary>
    /// <exception cref="NoClusterException">None of these is there, or the file cannot be used.</exception>
    public static k8s.Kubernetes Connect(string? kubeconfig)
    {
        var path = kubeconfig is { Length: > 0 } ? kubeconfig : Environment.GetEnvironmentVariable("KUBECONFIG");
        try
        {
            if (path is { Length: > 0 }) return ApiClients.Create(KubernetesClientConfiguration.BuildConfigFromConfigFile(path));
            if (KubernetesClientConfiguration.IsInCluster()) return ApiClients.Create(KubernetesClientConfiguration.InClusterConfig());
            var own = KubernetesClientConfiguration.KubeConfigDefaultLocation;
            if (File.Exists(own)) return ApiClients.Create(KubernetesClientConfiguration.BuildConfigFromConfigFile(own));
        }
#pragma warning disable CA1031 // The client meets a broken file with whatever happens to fail, null references included.
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw new NoClusterException($"The kubeconfig '{path ?? KubernetesClientConfiguration.KubeConfigDefaultLocation}' cannot be used: {error.Message}", error);
        }

        throw new NoClusterException("No cluster was found: give --Agent:Kubeconfig, set KUBECONFIG, run as a pod, or name endpoints by --Agent:Endpoints.");
    }
}
