namespace Aviator.Tests.Unit.Gateways;

/// <summary>
/// The rules of the gateways in docs/gateways.md that send to pods, each beside the file of the project's own repository that it was read
/// from. A condition that is missing is null: servers before 1.22 keep neither serving nor terminating.
/// </summary>
internal static class GatewayRules
{
    public static IReadOnlyList<GatewayRule> All { get; } =
    [
        // envoyproxy/gateway v1.9.0, internal/gatewayapi/route.go. What is not taken is handed to Envoy as draining, which gets no new
        // request and does not count for the panic threshold either (envoyproxy/envoy#30622).
        new("Envoy Gateway 1.9.0", row => row is { Serving: { } serving, Terminating: { } terminating }
            ? serving && !terminating
            : row.Ready is not false),

        // istio/istio 1.30.3, pilot/pkg/serviceregistry/kube/controller/endpointslice.go. Others than healthy ones are left out, or sent
        // as unhealthy with a panic threshold of 0 where the Service has a trafficDistribution.
        new("Istio 1.30.3", row => row.Ready is not false),

        // cilium/cilium 018279f, pkg/loadbalancer/reflectors/conversions.go: the same backends for its eBPF tables and for Envoy.
        new("Cilium (main, 018279f)", row => row.Ready is not false)
        {
            Otherwise = row => row is { Terminating: true, Serving: not false },
        },

        // nginx/nginx-gateway-fabric v2.6.7, internal/controller/state/resolver/resolver.go.
        new("NGINX Gateway Fabric 2.6.7", row => row.Ready is not false),

        // traefik/traefik v3.7.9, pkg/provider/kubernetes/gateway/kubernetes.go.
        new("Traefik 3.7.9", row => row.Ready is true),

        // traefik/traefik v3.7.9, pkg/provider/kubernetes/ingress and crd: by serving. What terminates is fenced: it keeps its sessions.
        new("Traefik 3.7.9, Ingress and IngressRoute", row => row.Serving is not false && row.Terminating is not true),

        // kgateway-dev/kgateway 193171e, pkg/krtcollections/endpoints.go.
        new("kgateway (main, 193171e)", row => row.Ready is not false),

        // projectcontour/contour v1.33.6, internal/xdscache/v3/endpointslicetranslator.go; panic threshold 0.
        new("Contour 1.33.6", row => row.Ready is not false),

        // haproxytech/haproxy-unified-gateway 0e45de5, k8s/gate/haproxy/servers.go.
        new("HAProxy Unified Gateway (main, 0e45de5)", row => row.Ready is true),

        // Kong/kubernetes-ingress-controller v3.5.13, internal/dataplane/translator/translate_upstreams.go; with drain support off.
        new("Kong Ingress Controller 3.5.13", row => row.Ready is not false),
    ];
}
