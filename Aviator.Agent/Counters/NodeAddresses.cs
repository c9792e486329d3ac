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
    /// <summary>All unicast addresses that are up now.</summary>
    public static IReadOnlyCollection<IPAddress> Current() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address.ScopeId() == 0 ? unicast.Address : new IPAddress(unicast.Address.GetAddressBytes()))
        .ToHashSet();

    private static long ScopeId(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
