namespace Aviator.Kubernetes;

/// <summary>
/// Service meshes, told by what they leave on a pod. Their proxies know a connection by the Service's address, and some find a Service's
/// pods by its selector.
/// </summary>
public static class Meshes
{
    private static readonly (string Container, string Trace)[] Sidecars =
    [
        ("istio-proxy", "Istio sidecar"), ("linkerd-proxy", "Linkerd sidecar"), ("kuma-sidecar", "Kuma sidecar"),
        ("consul-dataplane", "Consul sidecar"),
    ];

    private static readonly (string Annotation, string Value, string Trace)[] Marks =
    [
        ("sidecar.istio.io/inject", "true", "Istio sidecar"),
        ("linkerd.io/inject", "enabled", "Linkerd sidecar"),
        ("kuma.io/sidecar-injection", "enabled", "Kuma sidecar"),
        ("ambient.istio.io/redirection", "enabled", "Istio ambient redirection"),
        ("consul.hashicorp.com/connect-inject-status", "injected", "Consul sidecar"),
    ];

    /// <summary>What a mesh has put into a pod ("Istio sidecar"); null without one.</summary>
    /// <param name="containers">Names of its containers, and of the init containers that keep running.</param>
    /// <param name="annotation">The value of an annotation; null when the pod does not have it.</param>
    public static string? Find(IEnumerable<string?> containers, Func<string, string?> annotation)
    {
        var names = containers.ToList();
        return Sidecars.FirstOrDefault(sidecar => names.Contains(sidecar.Container)).Trace
            ?? Marks.FirstOrDefault(mark => annotation(mark.Annotation) == mark.Value).Trace;
    }
}
