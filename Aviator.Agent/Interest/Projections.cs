using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using Aviator.Measurement;
using k8s.Models;

namespace Aviator.Agent.Interest;

/// <summary>Picks the fields that the agent uses out of whole objects; null leaves an object out.</summary>
internal static class Projections
{
    private const int DefaultProbePort = 8080;
    private const string DefaultProbePath = "/";

    /// <summary>A policy, read without its schema: of a newer or broken one the readable part counts, and without a Service there is none.</summary>
    public static PolicyView? Policy(ResourceItem<JsonObject> item)
    {
        var spec = item.Value["spec"] as JsonObject;
        var target = spec?["targetRef"] as JsonObject;
        if (spec is null || target is null || Text(target["name"]) is not { Length: > 0 } service) return null;
        var created = Text((item.Value["metadata"] as JsonObject)?["creationTimestamp"]);
        _ = DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var createdAt);
        return new PolicyView(
            item.Key.Namespace,
            item.Key.Name,
            createdAt,
            service,
            Text(target["port"]) is { Length: > 0 } port ? port : null,
            Text(spec["latencySource"]) == "probe" ? LatencySource.Probe : LatencySource.Ebpf,
            int.TryParse(Text(spec["targetPort"]), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= IPEndPoint.MaxPort ? number : DefaultProbePort,
            Text((spec["probe"] as JsonObject)?["path"]) is { Length: > 0 } path && ProbeTarget.IsPath(path) ? path : DefaultProbePath);
    }

    /// <summary>A Service with a selector and a TCP port.</summary>
    public static ServiceView? Service(ResourceItem<V1Service> item)
    {
        if (item.Value.Spec is not { Selector.Count: > 0, Ports: { } all } spec) return null;
        var ports = all.Where(port => IsTcp(port.Protocol))
            .Select(port => new ServicePortView(port.Name, port.Port, port.TargetPort?.Value is { Length: > 0 } target ? target : port.Port.ToString(CultureInfo.InvariantCulture)))
            .ToList();
        if (ports.Count == 0) return null;
        var families = (spec.IpFamilies ?? []).Select(family => family == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork).ToList();
        return new ServiceView(item.Key.Namespace, item.Key.Name, spec.Selector.AsReadOnly(), ports, families);
    }

    /// <summary>A pod that has an address and is not over.</summary>
    public static PodView? Pod(ResourceItem<V1Pod> item)
    {
        var (metadata, spec, status) = (item.Value.Metadata, item.Value.Spec, item.Value.Status);
        if (status is null or { Phase: "Succeeded" or "Failed" }) return null;
        var addresses = (status.PodIPs?.Select(ip => ip.Ip) ?? []).Append(status.PodIP).Distinct()
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToList();
        if (addresses.Count == 0) return null;
        var ready = metadata.DeletionTimestamp is null && status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
        return new PodView(
            metadata.Uid,
            item.Key.Namespace,
            item.Key.Name,
            metadata.CreationTimestamp is { } created ? new DateTimeOffset(created.ToUniversalTime()) : default,
            addresses,
            (metadata.Labels ?? new Dictionary<string, string>()).AsReadOnly(),
            ready,
            spec.HostNetwork == true,
            NamedPorts(spec));
    }

    private static Dictionary<string, int> NamedPorts(V1PodSpec spec)
    {
        var sidecars = (spec.InitContainers ?? []).Where(container => container.RestartPolicy == "Always");
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var port in spec.Containers.Concat(sidecars).SelectMany(container => container.Ports ?? []))
            if (port.Name is { Length: > 0 } name && IsTcp(port.Protocol))
                named.TryAdd(name, port.ContainerPort);
        return named;
    }

    private static bool IsTcp(string? protocol) => protocol is null or "" or "TCP";

    private static string? Text(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => node.ToJsonString(),
        _ => null,
    };
}
