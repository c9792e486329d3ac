using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Core.Steering;

namespace Aviator.Agent.Steering;

/// <summary>A Service's address and port; IPv4 never as v4-mapped.</summary>
internal readonly record struct ServiceKey(IPAddress Address, int Port)
{
    internal EndpointKey ToKernel() => new() { Address = AddressBytes.From(Address), Port = (ushort)Port };

    internal static ServiceKey FromKernel(EndpointKey key) => new(key.Address.ToIPAddress(), key.Port);
}

/// <summary>One endpoint of positive weight.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Weight">In 65,536ths, at least 1.</param>
/// <param name="Canary">Whether it is of the new version, which gets just what its endpoints weigh together.</param>
internal readonly record struct Target(IPAddress Address, int Port, uint Weight, bool Canary = false);

/// <summary>What the table is to hold for one address and port, checked and in the kernel's units.</summary>
/// <param name="Key">Address and port.</param>
/// <param name="FailOpenAfterNs">In nanoseconds, or <see cref="ConnectLayout.Always"/>.</param>
/// <param name="Targets">In the order of the endpoints, those of the canary last; those of weight 0 left out.</param>
/// <param name="Loads">In flight by the report, one for each target.</param>
internal sealed record ServicePlan(ServiceKey Key, ulong FailOpenAfterNs, Target[] Targets, InFlightFigure[] Loads)
{
    private const ulong NanosecondsPerTick = 100;

    /// <exception cref="ArgumentException">An address, a port, a weight or a count makes no sense; the message names it.</exception>
    internal static ServicePlan From(ConnectService service)
    {
        var key = new ServiceKey(Plain(service.Address), CheckedPort(service.Port, service));
        if (service.FailOpenAfter < TimeSpan.Zero) throw Wrong(service, $"FailOpenAfter {service.FailOpenAfter} is negative");
        var given = service.Endpoints.Where(endpoint => CheckedWeight(endpoint.Weight, service) > 0)
            .OrderBy(endpoint => endpoint.Canary).ToList();
        var targets = new Target[given.Count];
        var loads = new InFlightFigure[given.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            var address = Plain(given[i].Address);
            if (address.AddressFamily != key.Address.AddressFamily)
                throw Wrong(service, $"endpoint {address} is of another family");
            if (given[i].InFlight < 0) throw Wrong(service, $"endpoint {address} has {given[i].InFlight} in flight");
            targets[i] = new Target(address, CheckedPort(given[i].Port, service),
                Math.Max(1, (uint)Math.Round(given[i].Weight * ConnectLayout.FullWeight)), given[i].Canary);
            loads[i] = new(given[i].InFlight, given[i].StandsIn);
        }

        return new ServicePlan(key, (ulong)service.FailOpenAfter.Ticks * NanosecondsPerTick, targets, loads);
    }

    private static int CheckedPort(int port, ConnectService service) =>
        port is > 0 and <= ushort.MaxValue ? port : throw Wrong(service, $"{port} is no port");

    private static double CheckedWeight(double weight, ConnectService service) =>
        weight is >= 0 and <= 1 ? weight : throw Wrong(service, $"weight {weight} is not from 0 to 1");

    /// <summary>An address as the kernel's keys have it: IPv4 not v4-mapped, IPv6 without a scope.</summary>
    private static IPAddress Plain(IPAddress address) => AddressBytes.From(address).ToIPAddress();

    private static ArgumentException Wrong(ConnectService service, string what) =>
        new($"{service.Address} port {service.Port}: {what}.", nameof(service));
}
