using Aviator.Core.Slices;

namespace Aviator.Core.Steering;

/// <summary>Where connections come from.</summary>
/// <param name="Name">The node.</param>
/// <param name="Zone">Its zone; null when it has none.</param>
internal readonly record struct ClientNode(string Name, string? Zone);

/// <summary>
/// Which endpoints the clients of one node reach: the rule of kube-proxy, applied as there to each address family and port by itself. A
/// Local policy keeps connections on the node. Hints for nodes, or else for zones, count when every ready endpoint carries some and one is
/// for this client; otherwise all endpoints are reached.
/// </summary>
internal static class NodeReach
{
    /// <summary>Whether two clients of one zone may reach different endpoints.</summary>
    public static bool DependsOnNode(ServiceShape service, IReadOnlyList<PortRow> rows) =>
        service.InternalLocal || rows.Any(row => row.Endpoint.HintNodes.Count > 0);

    /// <summary>Whether clients of different zones may reach different endpoints.</summary>
    public static bool DependsOnZone(IReadOnlyList<PortRow> rows) => rows.Any(row => row.Endpoint.HintZones.Count > 0);

    /// <summary>The rows that clients on the node reach.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="rows">All of its rows.</param>
    /// <param name="client">The node.</param>
    public static IReadOnlyList<PortRow> Of(ServiceShape service, IReadOnlyList<PortRow> rows, ClientNode client) =>
        service.InternalLocal
            ? [.. rows.Where(row => row.Endpoint.NodeName == client.Name)]
            : [.. rows.GroupBy(row => (row.Family, row.Port.Port)).SelectMany(port => Hinted([.. port], client))];

    private static List<PortRow> Hinted(List<PortRow> rows, ClientNode client) =>
        For(rows, row => row.Endpoint.HintNodes, client.Name) ?? For(rows, row => row.Endpoint.HintZones, client.Zone) ?? rows;

    private static List<PortRow>? For(List<PortRow> rows, Func<PortRow, ValueList<string>> hints, string? place)
    {
        if (place is null || rows.Exists(row => hints(row).Count == 0)) return null;
        var here = rows.FindAll(row => hints(row).Contains(place));
        return here.Count > 0 ? here : null;
    }
}
