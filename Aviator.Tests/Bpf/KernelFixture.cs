using System.Diagnostics;
using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// Loads the kernel programs once for all tests that measure on loopback. Each test takes an address of 127.0.0.0/8 of its own, so
/// no test sees another's traffic.
/// </summary>
public sealed class KernelFixture : IDisposable
{
    /// <summary>Client addresses that count as the node's own.</summary>
    public static readonly IPAddress NodeAddress = IPAddress.Parse("127.97.255.1");

    private const int Addresses = 250;
    private int _next;

    public KernelFixture() : this(new KernelCountersOptions(), IPAddress.IPv6Loopback)
    {
    }

    /// <param name="options">Loopback is measured, whatever they say.</param>
    /// <param name="more">Measured too; others on the machine may have connections there.</param>
    internal KernelFixture(KernelCountersOptions options, params IPAddress[] more)
    {
        options.MeasureLoopback = true;
        Counters = KernelCounters.Open(options, NullLogger.Instance);
        Counters.SetInterest([.. Enumerable.Range(1, Addresses).Select(Address), .. more]);
        Counters.SetNodeAddresses([NodeAddress]);
    }

    public KernelCounters Counters { get; }

    /// <summary>An address of interest that no other test uses.</summary>
    public IPAddress NextAddress() =>
        Address(Interlocked.Increment(ref _next) is var n && n <= Addresses ? n : throw new InvalidOperationException("Out of addresses."));

    /// <summary>The counters of an endpoint now; zeros when the kernel knows of none.</summary>
    public KernelEndpointCounters Read(IPEndPoint endpoint)
    {
        var address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        return Counters.Read().SingleOrDefault(e => e.Address.Equals(address) && e.Port == endpoint.Port)
            ?? new KernelEndpointCounters(address, endpoint.Port, EndpointCounters.Zero, 0, TimeSpan.Zero, null);
    }

    /// <summary>Reads until the condition holds; returns what was read last, so that an assertion can say what is wrong.</summary>
    public KernelEndpointCounters ReadUntil(IPEndPoint endpoint, Func<KernelEndpointCounters, bool> condition)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var read = Read(endpoint);
            if (condition(read) || Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(5)) return read;
            Thread.Yield();
        }
    }

    public void Dispose() => Counters.Dispose();

    private static IPAddress Address(int n) => new([127, 97, 1, (byte)n]);
}

/// <summary>Tests that share one <see cref="KernelFixture"/>.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KernelCollection : ICollectionFixture<KernelFixture>
{
    public const string Name = "Kernel";
}
