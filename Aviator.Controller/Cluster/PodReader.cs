using System.Globalization;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Cluster;

/// <summary>What is kept of a pod.</summary>
/// <param name="Shape">For membership.</param>
/// <param name="Mesh">The sidecar of a service mesh in it ("Istio sidecar"), or null.</param>
/// <param name="ReadinessGates">Its readiness gates.</param>
internal sealed record PodFacts(PodShape Shape, string? Mesh, ValueList<string> ReadinessGates)
{
    /// <summary>What stands against measuring it.</summary>
    public MeasuringObstacle Obstacle { get; init; }

    /// <summary>Whether it is in Istio's ambient mesh.</summary>
    public bool Ambient { get; init; }
}

/// <summary>Reads pods. Everything that is not kept here (status messages, probes, volumes …) causes no work when it changes.</summary>
internal static class PodReader
{
    /// <summary>
    /// Parts of the names that sandboxes' runtime classes go by. A class is free to have any other name, and most other classes (nvidia,
    /// crun) share the node's kernel, so nothing is concluded from a name that is not known.
    /// </summary>
    private static readonly string[] Sandboxes = ["gvisor", "runsc", "kata", "firecracker"];

    public static PodFacts Read(ResourceItem<V1Pod> item)
    {
        var pod = item.Value;
        var ready = pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
        return new PodFacts(
            new PodShape
            {
                Namespace = item.Key.Namespace,
                Name = item.Key.Name,
                Uid = pod.Metadata.Uid,
                Labels = new LabelSet(pod.Metadata.Labels ?? new Dictionary<string, string>()),
                Addresses = Addresses(pod),
                Ready = ready?.Status == "True",
                ReadyChangedAt = ready?.LastTransitionTime?.ToUniversalTime()
                    .ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture),
                Terminating = pod.Metadata.DeletionTimestamp is not null,
                Finished = pod.Status?.Phase is "Succeeded" or "Failed",
                NodeName = pod.Spec?.NodeName,
                Hostname = pod.Spec?.Hostname,
                Subdomain = pod.Spec?.Subdomain,
                Ports = Containers(pod).SelectMany(container => container.Ports ?? []).Where(port => !string.IsNullOrEmpty(port.Name))
                    .Select(port => new ContainerPort(port.Name, port.Protocol ?? "TCP", port.ContainerPort)).ToValueList(),
            },
            Meshes.Find(Containers(pod).Select(container => container.Name), name => Annotation(pod, name)),
            pod.Spec?.ReadinessGates?.Select(gate => gate.ConditionType).ToValueList() ?? [])
        {
            Obstacle = Obstacle(pod.Spec),
            Ambient = Meshes.IsAmbient(name => Annotation(pod, name)),
        };
    }

    private static MeasuringObstacle Obstacle(V1PodSpec? spec)
    {
        if (spec?.HostNetwork == true) return MeasuringObstacle.HostNetwork;
        return spec?.RuntimeClassName is { } name && Sandboxes.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase))
            ? MeasuringObstacle.Sandbox
            : MeasuringObstacle.None;
    }

    private static ValueList<string> Addresses(V1Pod pod)
    {
        var all = pod.Status?.PodIPs?.Select(address => address.Ip) ?? [];
        return all.Append(pod.Status?.PodIP).OfType<string>().Where(address => address.Length > 0).Distinct()
            .DistinctBy(address => address.Contains(':', StringComparison.Ordinal)).ToValueList();
    }

    private static string? Annotation(V1Pod pod, string name) =>
        pod.Metadata.Annotations is { } annotations && annotations.TryGetValue(name, out var value) ? value : null;

    /// <summary>Containers, and init containers that keep running beside them (sidecars).</summary>
    private static IEnumerable<V1Container> Containers(V1Pod pod) =>
        (pod.Spec?.Containers ?? []).Concat((pod.Spec?.InitContainers ?? []).Where(container => container.RestartPolicy == "Always"));
}
