using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;
using YamlDotNet.Serialization;

namespace Aviator.AppHost.Publishing;

/// <summary>apps/v1 DaemonSet, which the package has no type for; it writes any subclass of Workload. To go when it has one.</summary>
public sealed class DaemonSet() : Workload("apps/v1", "DaemonSet")
{
    /// <summary>The spec.</summary>
    [YamlMember(Alias = "spec")]
    public DaemonSetSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    [YamlIgnore]
    public override PodTemplateSpecV1 PodTemplate => Spec.Template;
}

/// <summary>The part of a DaemonSet's spec that is in use.</summary>
public sealed class DaemonSetSpec
{
    /// <summary>Which pods are its own.</summary>
    [YamlMember(Alias = "selector")]
    public LabelSelectorV1 Selector { get; set; } = new();

    /// <summary>What a pod looks like.</summary>
    [YamlMember(Alias = "template")]
    public PodTemplateSpecV1 Template { get; set; } = new();
}

/// <summary>Makes one of the Deployment that was generated.</summary>
internal static class DaemonSetConversion
{
    /// <summary>Replaces the workload by a DaemonSet with its labels and pod template.</summary>
    /// <returns>The pod's spec.</returns>
    public static PodSpecV1 ToDaemonSet(this KubernetesResource service)
    {
        var generated = service.Workload!;
        service.Workload = new DaemonSet
        {
            Metadata =
            {
                Name = generated.Metadata.Name.Replace("-deployment", "-daemonset", StringComparison.Ordinal),
                Labels = generated.Metadata.Labels,
            },
            Spec = { Selector = new(new(generated.PodTemplate.Metadata.Labels)), Template = generated.PodTemplate },
        };
        return generated.PodTemplate.Spec;
    }
}
