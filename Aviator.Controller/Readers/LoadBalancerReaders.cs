using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>Load balancers of clouds that send to pods' addresses, which they take from a Service's endpoints.</summary>
internal static class LoadBalancerReaders
{
    private static readonly string[] AwsGates = ["target-health.elbv2.k8s.aws", "target-health.alb.ingress.k8s.aws"];

    /// <summary>Whether a pod's readiness gate is one of the AWS load balancer controller.</summary>
    public static bool IsAwsGate(string gate) => AwsGates.Any(prefix => gate.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>A pod that is ready only once AWS's load balancer says so.</summary>
    public static Reader Gated(string pod) => new(
        ReaderNames.Aws,
        $"readiness gate of pod {pod}",
        "the AWS load balancer controller finds its pods by the Service's selector, and new ones would never become ready",
        _ => true);

    /// <summary>A TargetGroupBinding of the AWS load balancer controller; with instances as targets it needs nodes alone.</summary>
    public static Reader TargetGroupBinding(ForeignObject binding)
    {
        var (service, byAddress) = (binding.Spec.Text("serviceRef", "name"), binding.Spec.Text("targetType") != "instance");
        return new(
            ReaderNames.Aws,
            $"TargetGroupBinding {binding.Path}",
            "the AWS load balancer controller registers the addresses in the Service's Endpoints, and would deregister all of them",
            candidate => byAddress && candidate.Namespace == binding.Namespace && candidate.Name == service);
    }

    /// <summary>A network endpoint group of GKE, asked for or kept; null without one.</summary>
    public static Reader? Annotated(ServiceShape service)
    {
        var wanted = service.ReaderAnnotations.Get(ReaderAnnotations.GkeGroup)?.Replace(" ", "", StringComparison.Ordinal) ?? "";
        var isWanted = wanted.Contains("\"ingress\":true", StringComparison.Ordinal)
            || wanted.Contains("\"exposed_ports\":{\"", StringComparison.Ordinal);
        return isWanted || service.ReaderAnnotations.Get(ReaderAnnotations.GkeGroupStatus) is not null
            ? new(
                ReaderNames.Gke,
                $"annotation {(isWanted ? ReaderAnnotations.GkeGroup : ReaderAnnotations.GkeGroupStatus)}",
                "GKE's load balancer sends to the pods in the Service's endpoints by itself: it would deregister those that are left " +
                "out, and pods that wait for its readiness gate would not become ready",
                _ => true)
            : null;
    }
}
