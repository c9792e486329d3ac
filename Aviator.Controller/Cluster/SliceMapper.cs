using System.Globalization;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Cluster;

/// <summary>Between slices as the planner sees them and slices on the wire, in both dialects.</summary>
internal static class SliceMapper
{
    public const string ServiceNameLabel = SliceLabels.ServiceName;

    public const string ManagedByLabel = SliceLabels.ManagedBy;

    /// <summary>By it kube-proxy measures how long a change of a pod takes to reach a node.</summary>
    private const string TriggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

    private const string HostnameTopology = "kubernetes.io/hostname";
    private const string ZoneTopology = "topology.kubernetes.io/zone";

    /// <summary>
    /// Reads a slice; null for those of an FQDN, which kube-proxy does not use and Aviator never writes, and for those of no Service.
    /// </summary>
    public static Slice? Read(ResourceItem<SliceWire> item)
    {
        var wire = item.Value;
        var labels = wire.Metadata.Labels;
        if (wire.AddressType is not ("IPv4" or "IPv6" or "IP")) return null;
        if (labels?.GetValueOrDefault(ServiceNameLabel) is not { Length: > 0 } service) return null;
        var breakers = BreakerAnnotation.Read(wire.Metadata.Annotations?.GetValueOrDefault(AviatorNames.BreakersAnnotation));
        var unselected = Indexes(wire.Metadata.Annotations?.GetValueOrDefault(AviatorNames.UnselectedAnnotation));
        return new Slice
        {
            Namespace = item.Key.Namespace,
            Name = item.Key.Name,
            Uid = wire.Metadata.Uid ?? "",
            ResourceVersion = item.ResourceVersion,
            ServiceName = service,
            ManagedBy = labels.GetValueOrDefault(ManagedByLabel, ""),
            Labels = labels.GetValueOrDefault(ManagedByLabel) == Slice.OwnManager ? CopiedLabels.Beside(new(labels)) : LabelSet.Empty,
            OwnerUid = wire.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Kind == "Service")?.Uid,
            OwnerName = wire.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Kind == "Service")?.Name,
            Deleting = wire.Metadata.DeletionTimestamp is not null,
            Family = wire.AddressType == "IPv6" ? AddressFamily.IPv6 : AddressFamily.IPv4,
            Ports = (wire.Ports ?? [])
                .Select(port => new SlicePort(port.Name ?? "", port.Protocol ?? "TCP", port.Port, port.AppProtocol))
                .ToValueList(),
            Endpoints = (wire.Endpoints ?? [])
                .Select((row, index) => Read(row) with
                {
                    Admitted = !unselected.Contains(index),
                    Breaker = breakers.GetValueOrDefault(index),
                })
                .ToValueList(),
        };
    }

    public static SliceWire Write(Slice slice, SliceDialect dialect)
    {
        var annotations = new Dictionary<string, string>();
        var unselected = string.Join(
            ',', slice.Endpoints.Select((row, index) => (row, index)).Where(entry => !entry.row.Admitted).Select(entry => entry.index));
        if (unselected.Length > 0) annotations[AviatorNames.UnselectedAnnotation] = unselected;
        if (BreakerAnnotation.Write(slice.Endpoints) is { } breakers) annotations[AviatorNames.BreakersAnnotation] = breakers;
        if (slice.TriggeredAt is { } time) annotations[TriggerTimeAnnotation] = time;
        return new SliceWire
        {
            ApiVersion = $"{dialect.Kind.Group}/{dialect.Kind.Version}",
            Kind = "EndpointSlice",
            Metadata = new MetadataWire
            {
                Name = slice.Name,
                Namespace = slice.Namespace,
                ResourceVersion = slice.ResourceVersion.Length == 0 ? null : slice.ResourceVersion,
                Labels = new Dictionary<string, string>(slice.Labels.All)
                {
                    [ServiceNameLabel] = slice.ServiceName,
                    [ManagedByLabel] = slice.ManagedBy,
                },
                Annotations = annotations.Count == 0 ? null : annotations,

                // The Service and not the policy: deleting the policy must not take the slices away while the selector still keeps the
                // default ones empty.
                OwnerReferences =
                [
                    new OwnerWire
                    {
                        ApiVersion = "v1",
                        Kind = "Service",
                        Name = slice.OwnerName ?? slice.ServiceName,
                        Uid = slice.OwnerUid,
                        Controller = true,
                        BlockOwnerDeletion = true,
                    },
                ],
            },
            AddressType = slice.Family.ToString(),
            Ports = [.. slice.Ports.Select(Write)],
            Endpoints = [.. slice.Endpoints.Select(row => Write(row, slice.Namespace, dialect))],
        };
    }

    private static PortWire Write(SlicePort port) =>
        new() { Name = port.Name, Protocol = port.Protocol, Port = port.Port, AppProtocol = port.AppProtocol };

    private static SliceEndpoint Read(EndpointWire row) => new()
    {
        Address = row.Addresses is [var address, ..] ? address : "",
        PodName = row.TargetRef?.Kind == "Pod" ? row.TargetRef.Name : null,
        PodUid = row.TargetRef?.Kind == "Pod" ? row.TargetRef.Uid : null,
        NodeName = row.NodeName ?? row.Topology?.GetValueOrDefault(HostnameTopology),
        Zone = row.Zone ?? row.Topology?.GetValueOrDefault(ZoneTopology),
        Hostname = row.Hostname,
        Ready = row.Conditions?.Ready ?? true,
        Serving = row.Conditions?.Serving,
        Terminating = row.Conditions?.Terminating,
        HintZones = row.Hints?.ForZones?.Select(zone => zone.Name ?? "").ToValueList() ?? [],
        HintNodes = row.Hints?.ForNodes?.Select(node => node.Name ?? "").ToValueList() ?? [],
    };

    private static EndpointWire Write(SliceEndpoint row, string ns, SliceDialect dialect) => new()
    {
        Addresses = [row.Address],
        Conditions = new ConditionsWire { Ready = row.Ready, Serving = row.Serving, Terminating = row.Terminating },
        Hostname = row.Hostname,
        TargetRef = new TargetWire { Kind = "Pod", Namespace = ns, Name = row.PodName, Uid = row.PodUid },
        NodeName = row.NodeName,
        Zone = dialect.IsBeta ? null : row.Zone,
        Hints = row.HintZones.Count + row.HintNodes.Count == 0
            ? null
            : new HintsWire { ForZones = Write(row.HintZones), ForNodes = Write(row.HintNodes) },
        Topology = dialect.IsBeta ? Topology(row) : null,
    };

    private static List<HintWire>? Write(ValueList<string> places) =>
        places.Count == 0 ? null : [.. places.Select(place => new HintWire { Name = place })];

    private static Dictionary<string, string>? Topology(SliceEndpoint row)
    {
        var topology = new Dictionary<string, string>();
        if (row.NodeName is { } node) topology[HostnameTopology] = node;
        if (row.Zone is { } zone) topology[ZoneTopology] = zone;
        return topology.Count == 0 ? null : topology;
    }

    private static HashSet<int> Indexes(string? list) => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1)
        .ToHashSet();
}
