using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Interest;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Reads an order whole or refuses it whole, by the name of the field that is wrong. Pure. An order that is half understood would steer a
/// Service by half of its endpoints.
/// </summary>
internal static class OrderReader
{
    /// <summary>Longest time after which a Service may fail open: an order that is an hour old says nothing of its endpoints.</summary>
    private static readonly TimeSpan LongestFailOpen = TimeSpan.FromHours(1);

    /// <summary>Reads an order for <paramref name="node"/>.</summary>
    /// <exception cref="OrderRefusedException">A field is wrong; status 400.</exception>
    public static AcceptedOrder Read(SteeringOrder order, string node)
    {
        if (order.FormatVersion != SteeringOrder.CurrentFormatVersion)
            throw Wrong("formatVersion", $"is {order.FormatVersion}; this agent reads {SteeringOrder.CurrentFormatVersion}");
        if (order.Node != node) throw Wrong("node", $"is '{Shown(order.Node)}'; this agent is '{node}'");
        if (order.Services.Count > SteeringLimits.Services) throw TooMany("services", order.Services.Count, SteeringLimits.Services);
        var (names, claimed) = (new HashSet<ObjectKey>(), new HashSet<EndpointAddress>());
        return new(order.Term, order.Sequence, [.. order.Services.Select((service, index) =>
        {
            var path = $"services[{index}]";
            var read = Service(service ?? throw Missing(path), path);
            if (!names.Add(read.Key)) throw Wrong(path, $"is {read.Key} for the second time");
            if (read.Addresses.FirstOrDefault(row => !claimed.Add(new(row.Address, row.Port))) is { } twice)
                throw Wrong(path, $"has {twice.Address} port {twice.Port}, which is ordered already");
            return read;
        })]);
    }

    private static OrderedService Service(KernelService service, string path)
    {
        if (service.Namespace.Length == 0) throw Wrong($"{path}.namespace", "is empty");
        if (service.Name.Length == 0) throw Wrong($"{path}.name", "is empty");
        if (!(service.FailOpenAfterSeconds > 0 && service.FailOpenAfterSeconds <= LongestFailOpen.TotalSeconds))
            throw Wrong($"{path}.failOpenAfterSeconds",
                $"is {Shown(service.FailOpenAfterSeconds)}; it must be above 0 and at most {LongestFailOpen.TotalSeconds:0}");
        var failOpenAfter = TimeSpan.FromSeconds(service.FailOpenAfterSeconds);
        var addresses = ClusterIps(service, path);
        var rows = service.Ports.SelectMany((port, index) =>
            Port(port ?? throw Missing($"{path}.ports[{index}]"), addresses, failOpenAfter, $"{path}.ports[{index}]"));
        return new(new(service.Namespace, service.Name), failOpenAfter, [.. rows])
        {
            PodSelector = PodSelector(service, path),
            CloseIdle = service.CloseIdle,
            Rebalance = service.Rebalance,
        };
    }

    /// <summary>One without labels would match every pod, where a Service's matches none.</summary>
    private static IReadOnlyDictionary<string, string>? PodSelector(KernelService service, string path)
    {
        if (service.PodSelector is not { } labels) return null;
        if (labels.Count == 0) throw Wrong($"{path}.podSelector", "is empty");
        return labels.FirstOrDefault(label => label.Value is null) is { Key: { } key }
            ? throw Missing($"{path}.podSelector[{Shown(key)}]")
            : labels;
    }

    private static List<IPAddress> ClusterIps(KernelService service, string path)
    {
        if (service.ClusterIps.Count is 0 or > 2)
            throw Wrong($"{path}.clusterIps", $"has {service.ClusterIps.Count} addresses; it must have one, or one of each family");
        var addresses = service.ClusterIps.Select((text, index) => Address(text, $"{path}.clusterIps[{index}]")).ToList();
        return addresses.DistinctBy(address => address.AddressFamily).Count() == addresses.Count
            ? addresses
            : throw Wrong($"{path}.clusterIps", "has two addresses of the same family");
    }

    private static IEnumerable<ConnectService> Port(KernelPort port, List<IPAddress> addresses, TimeSpan failOpenAfter, string path)
    {
        var number = Number(port.Port, $"{path}.port");
        if (port.Endpoints.Count > SteeringLimits.Endpoints)
            throw TooMany($"{path}.endpoints", port.Endpoints.Count, SteeringLimits.Endpoints);
        var seen = new HashSet<EndpointAddress>();
        var endpoints = port.Endpoints.Select((endpoint, index) =>
        {
            var at = $"{path}.endpoints[{index}]";
            var read = Endpoint(endpoint ?? throw Missing(at), at);
            if (!addresses.Exists(address => address.AddressFamily == read.Address.AddressFamily))
                throw Wrong($"{at}.address", $"is {read.Address}, and the Service has no ClusterIP of that family");
            return seen.Add(new(read.Address, read.Port))
                ? read
                : throw Wrong(at, $"is {read.Address} port {read.Port} for the second time");
        }).ToLookup(endpoint => endpoint.Address.AddressFamily);
        return addresses.Select(address => new ConnectService(address, number, failOpenAfter, [.. endpoints[address.AddressFamily]]));
    }

    private static ConnectEndpoint Endpoint(KernelEndpoint endpoint, string path)
    {
        if (!(endpoint.Weight >= 0 && endpoint.Weight <= 1))
            throw Wrong($"{path}.weight", $"is {Shown(endpoint.Weight)}; it must be from 0 to 1");
        if (endpoint.InFlight < 0) throw Wrong($"{path}.inFlight", $"is {endpoint.InFlight}; it must be 0 or more");
        return new(
            Address(endpoint.Address, $"{path}.address"), Number(endpoint.Port, $"{path}.port"), endpoint.Weight, endpoint.InFlight,
            endpoint.StandsIn, endpoint.Canary);
    }

    /// <summary>One spelling for each address, so that equal addresses are equal texts wherever an order is read or logged.</summary>
    private static IPAddress Address(string? text, string path)
    {
        if (!IPAddress.TryParse(text, out var address)) throw Wrong(path, $"is '{Shown(text)}', which is no IP address");
        if (address.IsIPv4MappedToIPv6 || address.ToString() != text)
            throw Wrong(path, $"is '{Shown(text)}', which is not the canonical form of an address");
        return IsOfOneHost(address) ? address : throw Wrong(path, $"is {text}, which is no host's address");
    }

    private static bool IsOfOneHost(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any) && address.ScopeId == 0
        : address.GetAddressBytes()[0] is > 0 and < 224;

    private static int Number(int port, string path) =>
        port is > 0 and <= IPEndPoint.MaxPort ? port : throw Wrong(path, $"is {port}; a port is from 1 to {IPEndPoint.MaxPort}");

    /// <summary>What was sent, short enough to be repeated.</summary>
    private static string Shown(string? text) => text is { Length: > 64 } ? $"{text[..64]}…" : text ?? "";

    private static string Shown(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static OrderRefusedException TooMany(string field, int count, int most) => Wrong(field, $"has {count} entries; at most {most}");

    private static OrderRefusedException Missing(string field) => Wrong(field, "is null");

    private static OrderRefusedException Wrong(string field, string reason) => new(StatusCodes.Status400BadRequest, field, reason);
}
