namespace Aviator.Core.Slices;

/// <summary>One pod as an endpoint, before any decision.</summary>
/// <param name="Key">The pod's UID.</param>
/// <param name="PodName">The pod's name.</param>
/// <param name="Address">Its address of the subset's family.</param>
/// <param name="PodReady">The pod's Ready condition.</param>
/// <param name="Terminating">The pod is being deleted.</param>
/// <param name="NodeName">Its node.</param>
/// <param name="Zone">Its node's zone.</param>
/// <param name="Hostname">Its DNS name under the Service, for pods that ask for one.</param>
internal sealed record PodEndpoint(
    string Key, string PodName, string Address, bool PodReady, bool Terminating, string? NodeName, string? Zone, string? Hostname)
{
    /// <summary>May take new connections.</summary>
    public bool Ready => PodReady && !Terminating;

    /// <summary>When <see cref="PodReady"/> last changed, in RFC 3339 and UTC; null when unknown.</summary>
    public string? ReadyChangedAt { get; init; }

    /// <summary>The zone whose clients Kubernetes hints it to; null where its own zone is meant, or none.</summary>
    public string? HintZone { get; init; }

    /// <summary>The zone whose clients it is for where hints keep traffic in zones.</summary>
    public string? ServedZone => HintZone ?? Zone;
}

/// <summary>The endpoints that share an address family and port numbers: the rows of one set of slices.</summary>
internal sealed record EndpointSubset(AddressFamily Family, ValueList<SlicePort> Ports, ValueList<PodEndpoint> Endpoints);

/// <summary>
/// The endpoints that Kubernetes says exist: pods by the user's own selector, with the rules of the default EndpointSlice controller
/// (unready and terminating pods are listed, finished ones and those without an address are not; a named port is looked up in each pod,
/// and a pod that lacks it is left out of that port).
/// </summary>
internal static class Membership
{
    /// <param name="service">The Service.</param>
    /// <param name="pods">Pods of its namespace; others and those that do not match are left out.</param>
    /// <param name="zoneOf">The zone of a node by name; null when unknown.</param>
    /// <returns>The subsets in a fixed order, their endpoints by name; the order of <paramref name="pods"/> does not matter.</returns>
    public static IReadOnlyList<EndpointSubset> Resolve(ServiceShape service, IEnumerable<PodShape> pods, Func<string, string?> zoneOf)
    {
        if (service.Type == "ExternalName") return [];
        var matching = pods
            .Where(pod => pod.Namespace == service.Namespace && !pod.Finished && service.PodSelector.Matches(pod.Labels))
            .OrderBy(pod => pod.Name, StringComparer.Ordinal).ThenBy(pod => pod.Uid, StringComparer.Ordinal);
        var subsets = new Dictionary<(AddressFamily, ValueList<SlicePort>), List<PodEndpoint>>();
        foreach (var pod in matching)
        {
            var ports = Resolve(service, pod);
            if (ports.Count == 0) continue;
            foreach (var family in service.Families.Distinct())
            {
                if (pod.AddressOf(family) is not { } address) continue;
                if (!subsets.TryGetValue((family, ports), out var subset)) subsets[(family, ports)] = subset = [];
                subset.Add(ToEndpoint(service, pod, address, zoneOf));
            }
        }

        return [.. subsets
            .Select(subset => new EndpointSubset(subset.Key.Item1, subset.Key.Item2, subset.Value.ToValueList()))
            .OrderBy(subset => subset.Family).ThenBy(subset => subset.Ports.ToString(), StringComparer.Ordinal)];
    }

    private static ValueList<SlicePort> Resolve(ServiceShape service, PodShape pod) => service.Ports
        .Select(port => new SlicePort(port.Name, port.Protocol, Resolve(port, pod), port.AppProtocol))
        .Where(port => port.Port is not null)
        .ToValueList();

    private static int? Resolve(ServicePort port, PodShape pod) => port.TargetName is { } name
        ? pod.Ports.FirstOrDefault(candidate => candidate.Name == name && candidate.Protocol == port.Protocol)?.Port
        : port.TargetNumber ?? port.Port;

    private static PodEndpoint ToEndpoint(ServiceShape service, PodShape pod, string address, Func<string, string?> zoneOf) => new(
        pod.Uid,
        pod.Name,
        address,
        pod.Ready,
        pod.Terminating,
        pod.NodeName,
        pod.NodeName is { } node ? zoneOf(node) : null,
        !string.IsNullOrEmpty(pod.Hostname) && pod.Subdomain == service.Name ? pod.Hostname : null)
    {
        ReadyChangedAt = pod.ReadyChangedAt,
    };
}
