namespace Aviator.Kubernetes;

/// <summary>
/// Service meshes, told by what they leave on pods and namespaces. A sidecar knows a connection by the Service's address; Istio's ambient
/// mode finds a Service's pods by its selector.
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
        ("consul.hashicorp.com/connect-inject-status", "injected", "Consul sidecar"),
    ];

    /// <summary>
    /// A label of namespaces and pods. With the value "ambient" their traffic passes through the ztunnel of their node.
    /// </summary>
    public const string IstioMode = "istio.io/dataplane-mode";

    /// <summary>
    /// A label of namespaces and Services: the proxy (waypoint) through which the mesh's clients reach them; "none" for none.
    /// </summary>
    public const string IstioWaypoint = "istio.io/use-waypoint";

    /// <summary>
    /// Whether Istio's CNI plugin redirects a pod's traffic to the ztunnel of its node. That one has no part in the pod: it meets a
    /// connection after it was made, by the address that it was made to, and a pod's address is as good as a Service's.
    /// </summary>
    /// <param name="annotation">The value of an annotation; null when the pod does not have it.</param>
    public static bool IsAmbient(Func<string, string?> annotation) => annotation("ambient.istio.io/redirection") == "enabled";

    /// <summary>The sidecar that a mesh has put into a pod ("Istio sidecar"); null without one.</summary>
    /// <param name="containers">Names of its containers, and of the init containers that keep running.</param>
    /// <param name="annotation">The value of an annotation; null when the pod does not have it.</param>
    public static string? Find(IEnumerable<string?> containers, Func<string, string?> annotation)
    {
        var names = containers.ToList();
        return Sidecars.FirstOrDefault(sidecar => names.Contains(sidecar.Container)).Trace
            ?? Marks.FirstOrDefault(mark => annotation(mark.Annotation) == mark.Value).Trace;
    }
}
