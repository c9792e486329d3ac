using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>A kind of object by which a reader is known.</summary>
/// <param name="Resource">Where the server has it.</param>
/// <param name="Read">The reader that an object is; null for one that is none by itself.</param>
/// <param name="WholeCluster">Whether it says something only where all of the cluster is seen, and not one namespace.</param>
/// <param name="Labels">A label selector, where only some objects of the kind say something; null for all.</param>
/// <param name="Older">The version by which older servers of the kind have it; null where one version is enough.</param>
internal sealed record ReaderKind(
    ResourceKind Resource,
    Func<ForeignObject, PrometheusRoles, Reader?> Read,
    bool WholeCluster = false,
    string? Labels = null,
    string? Older = null);

/// <summary>The kinds by which readers are known, in the order in which they are listed.</summary>
internal static class ReaderKinds
{
    /// <summary>Namespaces with a waypoint.</summary>
    public static ReaderKind Waypoints { get; } = new(
        ResourceKind.Namespaces, (item, _) => MeshReaders.NamespaceWaypoint(item), WholeCluster: true, Labels: Meshes.IstioWaypoint);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ReaderKind> All { get; } =
    [
        // Before the monitors whose role they decide.
        new(new("monitoring.coreos.com", "v1", "prometheuses"), (item, roles) => roles.Note(item), WholeCluster: true),
        new(new("monitoring.coreos.com", "v1", "servicemonitors"), PrometheusReaders.ServiceMonitor),
        new(new("argoproj.io", "v1alpha1", "rollouts"), (item, _) => DeliveryReaders.Rollout(item)),
        new(new("flagger.app", "v1beta1", "canaries"), (item, _) => DeliveryReaders.Canary(item)),
        new(new("elbv2.k8s.aws", "v1beta1", "targetgroupbindings"), (item, _) => LoadBalancerReaders.TargetGroupBinding(item)),
        new(new("cilium.io", "v2", "ciliumnetworkpolicies"), (item, _) => NetworkPolicyReaders.Namespaced(item)),
        new(
            new("cilium.io", "v2", "ciliumclusterwidenetworkpolicies", Namespaced: false),
            (item, _) => NetworkPolicyReaders.Clusterwide(item),
            WholeCluster: true),
        new(new("networking.k8s.io", "v1", "ingresses"), (item, _) => RouteReaders.Ingress(item)),
        Route("HTTPRoute", "httproutes"),
        Route("GRPCRoute", "grpcroutes"),
        Route("TLSRoute", "tlsroutes", older: "v1alpha2"),
        Route("TCPRoute", "tcproutes", older: "v1alpha2"),
        Route("UDPRoute", "udproutes", older: "v1alpha2"),
        new(
            ResourceKind.Namespaces,
            (item, _) => MeshReaders.AmbientNamespace(item),
            WholeCluster: true,
            Labels: $"{Meshes.IstioMode}=ambient"),
        Waypoints,
    ];

    /// <summary>A kind of route of the Gateway API. The last three became v1 with its version 1.5 and 1.6.</summary>
    private static ReaderKind Route(string kind, string plural, string? older = null) =>
        new(new("gateway.networking.k8s.io", "v1", plural), (item, _) => RouteReaders.Gateway(kind, item), Older: older);
}
