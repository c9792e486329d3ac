using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Aviator.Agent.Engines;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;

namespace Aviator.Agent.Interest;

/// <summary>
/// Picks the fields that the agent uses out of plain JSON; null leaves an object out. Not by way of the client's typed models: those bring
/// some hundred types for a pod alone, which cost the agent more memory and start-up time than all else it does.
/// </summary>
internal static class Projections
{
    /// <summary>
    /// A policy that names a Service. What is unreadable in it takes its default: a broken or newer policy is reported to its author by the
    /// controller.
    /// </summary>
    public static PolicyView? Policy(ResourceItem<JsonObject> item)
    {
        var spec = item.Value.At("spec");
        var target = spec.At("targetRef");
        if (target.Text("name") is not { Length: > 0 } service) return null;
        return new PolicyView(
            item.Key.Namespace,
            item.Key.Name,
            Created(item.Value),
            service,
            target.Text("port") is { Length: > 0 } port ? port : null,
            spec.Text("latencySource") == "probe" ? LatencySource.Probe : LatencySource.Ebpf,
            Number(spec.Text("targetPort")),
            spec.At("probe").Text("path") is { } path && RequestPath.IsValid(path) ? path : AviatorNames.DefaultProbePath)
        {
            Engine = Engine(spec.At("engine")),
        };
    }

    /// <summary>An engine that this version knows, at a port and a path that can be asked; what is left out is the engine's own.</summary>
    private static EngineView? Engine(JsonObject? engine)
    {
        if (InferenceEngines.Find(engine.Text("type")) is not { } type) return null;
        var (own, port, path) = (EngineGauges.Of(type), engine.Text("port"), engine.Text("path"));
        if ((port is not null && Number(port) is null) || (path is not null && !RequestPath.IsValid(path))) return null;
        return new EngineView(type, Number(port) ?? own.Port, path ?? own.Path);
    }

    /// <summary>A Service with a selector and a TCP port. An ExternalName has no endpoints, even if it has both.</summary>
    public static ServiceView? Service(ResourceItem<JsonObject> item)
    {
        var spec = item.Value.At("spec");
        var selector = spec.Map("selector");
        var ports = spec.List("ports").Where(IsTcp).Select(Port).OfType<ServicePortView>().ToList();
        if (selector.Count == 0 || ports.Count == 0 || spec.Text("type") == "ExternalName") return null;
        return new ServiceView(item.Key.Namespace, item.Key.Name, selector, ports, Families(spec));
    }

    /// <summary>A pod that has an address and is not over.</summary>
    public static PodView? Pod(ResourceItem<JsonObject> item)
    {
        var (metadata, spec, status) = (item.Value.At("metadata"), item.Value.At("spec"), item.Value.At("status"));
        if (status.Text("phase") is "Succeeded" or "Failed") return null;
        var addresses = status.List("podIPs").Select(ip => ip.Text("ip")).Append(status.Text("podIP")).Distinct()
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToList();
        if (addresses.Count == 0) return null;
        var ready = metadata.Text("deletionTimestamp") is null
            && status.List("conditions").Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");
        return new PodView(
            metadata.Text("uid") ?? "",
            item.Key.Namespace,
            item.Key.Name,
            Created(item.Value),
            addresses,
            metadata.Map("labels"),
            ready,
            spec.Text("hostNetwork") == "true",
            NamedPorts(spec),
            Meshes.Find(Containers(spec).Select(container => container.Text("name")), metadata.At("annotations").Text));
    }

    /// <summary>
    /// Servers without dual stack (before 1.21, or with the gate off) do not report families; the cluster address shows the one.
    /// </summary>
    private static List<AddressFamily> Families(JsonObject? spec) => spec?["ipFamilies"] is JsonArray { Count: > 0 } families
        ? [.. families.Select(family => family.Text() == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)]
        : [IsIPv6(spec.Text("clusterIP")) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork];

    private static ServicePortView? Port(JsonObject port)
    {
        if (Number(port.Text("port")) is not { } number) return null;
        var target = port.Text("targetPort") is { Length: > 0 } given && given != "0"
            ? given
            : number.ToString(CultureInfo.InvariantCulture);
        return new(port.Text("name"), number, target);
    }

    private static Dictionary<string, int> NamedPorts(JsonObject? spec)
    {
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var port in Containers(spec).SelectMany(container => container.List("ports")))
            if (IsTcp(port) && port.Text("name") is { Length: > 0 } name && Number(port.Text("containerPort")) is { } number)
                named.TryAdd(name, number);
        return named;
    }

    /// <summary>Containers, and init containers that keep running beside them (sidecars).</summary>
    private static IEnumerable<JsonObject> Containers(JsonObject? spec) => spec.List("containers")
        .Concat(spec.List("initContainers").Where(container => container.Text("restartPolicy") == "Always"));

    private static bool IsTcp(JsonObject port) => port.Text("protocol") is null or "" or "TCP";

    private static DateTimeOffset Created(JsonObject resource) =>
        DateTimeOffset.TryParse(
            resource.At("metadata").Text("creationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out var created)
            ? created
            : default;

    /// <summary>A port number; null when it is none.</summary>
    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= IPEndPoint.MaxPort
            ? number
            : null;

    private static bool IsIPv6(string? address) => address?.Contains(':', StringComparison.Ordinal) == true;
}
