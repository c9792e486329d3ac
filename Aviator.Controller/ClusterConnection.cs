using Aviator.Kubernetes;
using k8s;

namespace Aviator.Controller;

/// <summary>Finds the API server: the kubeconfig that was named, else KUBECONFIG, else the user's default file, else the pod's account.</summary>
internal static class ClusterConnection
{
    /// <summary>Makes the client; nothing is asked yet.</summary>
    public static k8s.Kubernetes Create(ControllerOptions options)
    {
        var config = options.Kubeconfig is { Length: > 0 } || options.Context is { Length: > 0 }
            ? KubernetesClientConfiguration.BuildConfigFromConfigFile(options.Kubeconfig, options.Context)
            : KubernetesClientConfiguration.BuildDefaultConfig();
        return ApiClients.Create(config);
    }
}
