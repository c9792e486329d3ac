using System.Globalization;
using Aviator.Core.Slices;

namespace Aviator.Controller.Collection;

/// <summary>
/// Names the endpoints of a Service in the terms of the measurements. The agent works out the same for its node; Aviator.Tests holds both
/// to one table of cases. Pure.
/// </summary>
internal static class MeasuredEndpoints
{
    /// <summary>
    /// The ready endpoints, one per pod (its addresses of two families share one process; the Service's primary family counts), with the
    /// port whose latency decides.
    /// </summary>
    /// <param name="service">The Service.</param>
    /// <param name="subsets">Its membership.</param>
    /// <param name="port">Name or number of one of its TCP ports; null for the first.</param>
    public static IReadOnlyList<MeasuredEndpoint> Ready(ServiceShape service, IReadOnlyList<EndpointSubset> subsets, string? port)
    {
        if (DecidingPort(service, port) is not { } deciding) return [];
        var domainOf = RoutingDomains.Of(service, subsets);
        return [.. subsets
            .OrderBy(subset => service.Families.TakeWhile(family => family != subset.Family).Count())
            .SelectMany(subset => subset.Endpoints.Select(endpoint => (Pod: endpoint, Number: Number(subset, deciding))))
            .Where(entry => entry.Pod.Ready && entry.Number is not null)
            .DistinctBy(entry => entry.Pod.Key)
            .Select(entry => ToMeasured(entry.Pod, entry.Number!.Value, domainOf(entry.Pod)))
            .OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The TCP port of the Service that a policy names, by default its first; null if there is none. Other protocols are not measured.
    /// </summary>
    public static ServicePort? DecidingPort(ServiceShape service, string? port) =>
        service.Ports.FirstOrDefault(candidate => IsTcp(candidate) && (port is null || IsNamed(candidate, port)));

    /// <summary>Whether a policy means this port by <paramref name="port"/>: its name or its number.</summary>
    public static bool IsNamed(ServicePort candidate, string port) =>
        candidate.Name == port || candidate.Port.ToString(CultureInfo.InvariantCulture) == port;

    /// <summary>Whether the port can be measured.</summary>
    public static bool IsTcp(ServicePort port) => port.Protocol == "TCP";

    /// <summary>A text that changes when, and only when, an endpoint comes, goes, moves, or turns into a canary or out of one.</summary>
    public static string Fingerprint(IEnumerable<MeasuredEndpoint> endpoints) =>
        string.Join(' ', endpoints.Select(endpoint => $"{endpoint.Key}/{endpoint.Address}:{endpoint.Port}{(endpoint.Canary ? "+" : "")}"));

    private static MeasuredEndpoint ToMeasured(PodEndpoint endpoint, int port, string domain) =>
        new(endpoint.Key, endpoint.PodName, endpoint.Address, port, endpoint.NodeName, domain);

    private static int? Number(EndpointSubset subset, ServicePort deciding) =>
        subset.Ports.FirstOrDefault(port => port.Name == deciding.Name && port.Protocol == deciding.Protocol)?.Port;
}
