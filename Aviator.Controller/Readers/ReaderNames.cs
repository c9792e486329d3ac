using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>The readers that are known, as <see cref="AviatorNames.AllowReadersAnnotation"/> takes them.</summary>
internal static class ReaderNames
{
    public const string Prometheus = "prometheus";
    public const string Argo = "argo-rollouts";
    public const string Flagger = "flagger";
    public const string Mesh = "mesh";
    public const string Aws = "aws-load-balancer";
    public const string Gke = "gke-neg";
    public const string Cilium = "cilium";
    public const string Ingress = "ingress";
    public const string Gateway = "gateway";
}
