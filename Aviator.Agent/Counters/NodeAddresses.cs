using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Aviator.Agent.Counters;

/// <summary>
/// The addresses of the network namespace that the agent lives in: on the host's network, those that the kubelet's and the agent's probes
/// come from.
/// </summary>
internal static class NodeAddresses
{
    /// <summary>
    /// Most addresses that are told to the kernel, whose map has so many rows. A node has few of its own, but a card for each pod, and many
    /// network plugins give each card an address.
    /// </summary>
    public const int Most = 1024;

    /// <summary>All unicast addresses that are up now and that a connection to a pod can come from.</summary>
    public static IReadOnlyCollection<IPAddress> Current() => Choose(NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address));

    /// <summary>
    /// Leaves out link-local IPv6: every card of a pod has one on the node's side, and none is the source of a connection to a pod's own
    /// address (RFC 6724, rule 2: the source has the destination's scope). Of more than <see cref="Most"/>, the first.
    /// </summary>
    internal static IReadOnlyCollection<IPAddress> Choose(IEnumerable<IPAddress> addresses) => addresses
        .Where(address => !address.IsIPv6LinkLocal)
        .Select(address => address.ScopeId() == 0 ? address : new IPAddress(address.GetAddressBytes()))
        .Distinct().Take(Most).ToHashSet();

    private static long ScopeId(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
