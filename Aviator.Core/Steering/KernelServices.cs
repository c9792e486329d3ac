using Aviator.Core.Decisions;
using Aviator.Core.Slices;

namespace Aviator.Core.Steering;

/// <summary>Puts a decision on a Service into the part of an order that is about it. Pure.</summary>
internal static class KernelServices
{
    /// <summary>
    /// The Service as the clients of one node may use it. What the decision does not know has full weight. The guard of the published
    /// slices (<see cref="SelectionGuard"/>) has the last word, over what this node reaches: no port is left without an endpoint of
    /// positive weight while it has a ready one.
    /// </summary>
    /// <param name="service">The Service, its topology settled.</param>
    /// <param name="rows">All of its rows.</param>
    /// <param name="decision">Who gets new connections.</param>
    /// <param name="failOpenAfter">From this age of the order on, connections pass.</param>
    /// <param name="client">The node.</param>
    /// <param name="inFlight">Requests in flight at a row by its node's last report; null when unknown.</param>
    /// <returns>
    /// Null when the node is to leave the Service to kube-proxy: it reaches no ready endpoint, or there are too many for a kernel.
    /// </returns>
    public static KernelService? For(
        ServiceShape service, IReadOnlyList<PortRow> rows, Decision decision, TimeSpan failOpenAfter, ClientNode client,
        Func<PortRow, int?> inFlight)
    {
        var reached = NodeReach.Of(service, rows, client);
        if (reached.Count == 0 || service.ClusterIps.Count == 0) return null;
        var ports = reached.ToLookup(row => row.Port.Port);
        if (ports.Any(port => port.Count() > SteeringLimits.Endpoints)) return null;
        var admitted = SelectionGuard.Admitted(service, Subsets(reached), decision);
        return new()
        {
            Namespace = service.Namespace,
            Name = service.Name,
            ClusterIps = service.ClusterIps,
            FailOpenAfterSeconds = failOpenAfter.TotalSeconds,
            Ports = [.. ports.OrderBy(port => port.Key).Select(port => ToPort(port.Key, [.. port], decision, Weight, inFlight))],
        };

        // Whom the guard admits against the decision is all that a port, a node or a zone has: nobody is there to have the rest.
        double Weight(string key) => !admitted.Contains(key) ? 0 : decision.Admits(key) ? decision.WeightOf(key) : 1;
    }

    private static KernelPort ToPort(
        int port, List<PortRow> rows, Decision decision, Func<string, double> weight, Func<PortRow, int?> inFlight)
    {
        var figures = InFlightFigures.WithoutGaps(rows.ConvertAll(row => inFlight(row)));
        return new()
        {
            Port = port,
            Endpoints = [.. rows.Select((row, index) => new KernelEndpoint
            {
                Address = row.Endpoint.Address,
                Port = row.Number,
                Weight = weight(row.Key),
                InFlight = figures[index].Requests,
                StandsIn = figures[index].StandsIn,
                Canary = decision.IsCanary(row.Key),
            })],
        };
    }

    private static IReadOnlyList<EndpointSubset> Subsets(IReadOnlyList<PortRow> rows) => [.. rows
        .GroupBy(row => (row.Family, row.Port, row.Number))
        .Select(same => new EndpointSubset(
            same.Key.Family,
            [new SlicePort(same.Key.Port.Name, same.Key.Port.Protocol, same.Key.Number, same.Key.Port.AppProtocol)],
            same.Select(ToEndpoint).ToValueList()))];

    private static PodEndpoint ToEndpoint(PortRow row) => new(
        row.Key, row.Endpoint.PodName ?? row.Key, row.Endpoint.Address, PodReady: true, Terminating: false, row.Endpoint.NodeName,
        row.Endpoint.Zone, row.Endpoint.Hostname)
    {
        HintZone = row.Endpoint.HintZones is [var zone] ? zone : null,
    };
}
