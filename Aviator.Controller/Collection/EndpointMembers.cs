using System.Globalization;
using Aviator.Core.Slices;

namespace Aviator.Controller.Collection;

/// <summary>
/// Names the endpoints of a Service in the terms of the measurements. The agent works out the same for its node; Aviator.Tests holds both
/// to one table of cases. Pure.
/// </summary>
internal static class EndpointMembers
{
    /// <summary>
    /// The ready endpoints, one per pod (its addresses of two families share one process; the Service's primary family counts), with the
    /// port whose latency decides.
    /// </summary>
    /// <param name="service">The Service.</param>
    /// <param name="groups">Its membership.</param>
    /// <param name="port">Name or number of one of its TCP ports; null for the first.</param>
    public static IReadOnlyList<EndpointMember> Ready(ServiceShape service, IReadOnlyList<EndpointGroup> groups, string? port)
    {
        if (DecidingPort(service, port) is not { } deciding) return [];
        return [.. groups
            .OrderBy(group => service.Families.TakeWhile(family => family != group.Family).Count())
            .SelectMany(group => group.Members.Select(member => (Member: member, Number: Number(group, deciding))))
            .Where(entry => entry.Member.Ready && entry.Number is not null)
            .DistinctBy(entry => entry.Member.Key)
            .Select(entry => ToMember(entry.Member, entry.Number!.Value))
            .OrderBy(member => member.Key, StringComparer.Ordinal)];
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

    /// <summary>A text that changes when, and only when, an endpoint comes, goes, or moves.</summary>
    public static string Fingerprint(IEnumerable<EndpointMember> members) =>
        string.Join(' ', members.Select(member => $"{member.Key}/{member.Address}:{member.Port}"));

    private static EndpointMember ToMember(Member member, int port) =>
        new(member.Key, member.PodName, member.Address, port, member.NodeName, member.Zone);

    private static int? Number(EndpointGroup group, ServicePort deciding) =>
        group.Ports.FirstOrDefault(port => port.Name == deciding.Name && port.Protocol == deciding.Protocol)?.Port;
}
