using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Collection;

/// <summary>Where one agent answers.</summary>
/// <param name="Name">The pod's name, or the address of a static agent; for logs.</param>
/// <param name="Address">Its base address.</param>
/// <param name="Node">Its node; null while only its report names it.</param>
internal sealed record AgentEndpoint(string Name, Uri Address, string? Node = null)
{
    /// <summary>What a log line calls it: a pod with its address, or the address alone when that is its name.</summary>
    public string Display => Name.Contains("://", StringComparison.Ordinal) ? Name : $"{Name} at {Address}";

    /// <summary>
    /// The agent of a pod; null while it has no address or is going away. Not being ready is no obstacle: it may still know its windows.
    /// </summary>
    /// <param name="item">The pod.</param>
    /// <param name="defaultPort">The port when no container names one <c>http</c>.</param>
    public static AgentEndpoint? FromPod(ResourceItem<V1Pod> item, int defaultPort)
    {
        var pod = item.Value;
        if (pod.Status?.PodIP is not { Length: > 0 } ip || pod.Metadata.DeletionTimestamp is not null) return null;
        if (pod.Status.Phase is "Succeeded" or "Failed") return null;
        var named = pod.Spec?.Containers?.SelectMany(container => container.Ports ?? []).FirstOrDefault(port => port.Name == "http");
        return new(item.Key.ToString(), new UriBuilder("http", ip, named?.ContainerPort ?? defaultPort).Uri, pod.Spec?.NodeName);
    }
}
