using System.Globalization;
using System.Net;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Cluster;

/// <summary>Reads Services into what steering needs of them.</summary>
internal static class ServiceReader
{
    public static ServiceShape Read(ResourceItem<V1Service> item)
    {
        var spec = item.Value.Spec ?? new V1ServiceSpec();
        return new ServiceShape
        {
            Namespace = item.Key.Namespace,
            Name = item.Key.Name,
            Uid = item.Value.Metadata.Uid,
            ResourceVersion = item.ResourceVersion,
            Deleting = item.Value.Metadata.DeletionTimestamp is not null,
            Labels = new LabelSet(item.Value.Metadata.Labels ?? new Dictionary<string, string>()),
            Selector = new LabelSet(spec.Selector ?? new Dictionary<string, string>()),
            Ports = (spec.Ports ?? []).Select(Port).ToValueList(),
            Families = Families(spec),
            ClusterIps = ClusterIps(spec),
            Type = spec.Type ?? "ClusterIP",
            Headless = spec.ClusterIP == "None",
            PublishNotReadyAddresses = spec.PublishNotReadyAddresses ?? false,
            InternalLocal = spec.InternalTrafficPolicy == "Local",
            ExternalLocal = spec.ExternalTrafficPolicy == "Local",
            SessionAffinity = spec.SessionAffinity is not (null or "" or "None"),
            Topology = Topology(item.Value),
            Frontend = Frontend(item.Value, spec),
            ReaderAnnotations = Annotations(item.Value, Aviator.Kubernetes.ReaderAnnotations.All),
            OwnedBy = item.Value.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Kind == "Service")?.Uid,
        };
    }

    private static ServiceFrontend Frontend(V1Service service, V1ServiceSpec spec) => new()
    {
        SessionAffinity = spec.SessionAffinity is { Length: > 0 } affinity ? affinity : "None",
        AffinitySeconds = spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds,
        Families = (spec.IpFamilies ?? []).ToValueList(),
        FamilyPolicy = spec.IpFamilyPolicy,
        InternalTrafficPolicy = spec.InternalTrafficPolicy,
        TrafficDistribution = spec.TrafficDistribution,
        Topology = Annotations(service, ServiceFrontend.TopologyAnnotations),
    };

    private static LabelSet Annotations(V1Service service, IEnumerable<string> names) =>
        new((service.Metadata.Annotations ?? new Dictionary<string, string>()).Where(annotation => names.Contains(annotation.Key)));

    /// <summary>"None" and what is no address are left out.</summary>
    private static ValueList<string> ClusterIps(V1ServiceSpec spec) => (spec.ClusterIPs ?? []).Append(spec.ClusterIP)
        .Select(text => IPAddress.TryParse(text, out var address) ? address.ToString() : null)
        .OfType<string>().Distinct(StringComparer.Ordinal).ToValueList();

    private static ServicePort Port(V1ServicePort port)
    {
        var target = port.TargetPort?.Value ?? "";
        var isNumber = int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return new ServicePort(
            port.Name ?? "",
            port.Protocol ?? "TCP",
            port.Port,
            isNumber && number > 0 ? number : null,
            isNumber || target.Length == 0 ? null : target,
            port.AppProtocol);
    }

    /// <summary>
    /// Servers without dual stack (before 1.21, or with the gate off) do not report families; the cluster address shows the one.
    /// </summary>
    private static ValueList<AddressFamily> Families(V1ServiceSpec spec) => spec.IpFamilies is { Count: > 0 } families
        ? families.Select(family => family == "IPv6" ? AddressFamily.IPv6 : AddressFamily.IPv4).Distinct().ToValueList()
        : [spec.ClusterIP?.Contains(':', StringComparison.Ordinal) == true ? AddressFamily.IPv6 : AddressFamily.IPv4];

    /// <summary>
    /// As Kubernetes reads it: an annotation that asks for hints comes before the field; of the two annotations the older one counts.
    /// </summary>
    private static TopologyMode Topology(V1Service service)
    {
        var mode = ServiceFrontend.TopologyAnnotations
            .Select(name => service.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : null)
            .FirstOrDefault(value => value is not null);
        if (mode is "Auto" or "auto") return TopologyMode.Auto;
        return service.Spec?.TrafficDistribution switch
        {
            null or "" => TopologyMode.None,
            "PreferClose" or "PreferSameZone" => TopologyMode.Zone,
            "PreferSameNode" => TopologyMode.Node,
            _ => TopologyMode.Unknown,
        };
    }
}
