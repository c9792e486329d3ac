using Aviator.Controller.Collection;
using Aviator.Core.Slices;

namespace Aviator.Controller.Reconciliation;

/// <summary>Names the endpoints of a Service in the terms of the measurements. Pure.</summary>
internal static class Members
{
    /// <summary>The ready endpoints, one for each pod (its addresses of two families share one process), with the port whose latency decides.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="groups">Its membership.</param>
    /// <param name="port">Name or number of one of its ports; null for the first.</param>
    public static IReadOnlyList<EndpointMember> Ready(ServiceShape service, IReadOnlyList<EndpointGroup> groups, string? port)
    {
        var wanted = Port(service, port);
        return [.. groups
            .SelectMany(group => group.Members.Where(member => member.Ready).Select(member => (Member: member, Number: Number(group, wanted))))
            .Where(entry => entry.Number is not null)
            .DistinctBy(entry => entry.Member.Key)
            .Select(entry => new EndpointMember(entry.Member.Key, entry.Member.PodName, entry.Member.Address, entry.Number!.Value, entry.Member.NodeName, entry.Member.Zone))
            .OrderBy(member => member.Key, StringComparer.Ordinal)];
    }

    /// <summary>The Service port that a policy names; null when there is none of that name or number.</summary>
    public static ServicePort? Port(ServiceShape service, string? port) => port is null
        ? service.Ports.FirstOrDefault(candidate => candidate.Protocol == "TCP")
        : service.Ports.FirstOrDefault(candidate => candidate.Name == port || (int.TryParse(port, out var number) && candidate.Port == number));

    /// <summary>A text that changes when, and only when, an endpoint comes, goes, or moves.</summary>
    public static string Fingerprint(IEnumerable<EndpointMember> members) => string.Join(' ', members.Select(member => $"{member.Key}/{member.Address}:{member.Port}"));

    private static int? Number(EndpointGroup group, ServicePort? wanted) =>
        wanted is null ? null : group.Ports.FirstOrDefault(port => port.Name == wanted.Name && port.Protocol == wanted.Protocol)?.Port;
}
