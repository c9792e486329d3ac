using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The table changes under connects that read it, and holds what it promises to hold.</summary>
[Collection(ConnectCollection.Name)]
public sealed class ConnectUpdateTests(ITestOutputHelper output) : IDisposable
{
    private readonly ConnectWorld _world = new(new ConnectTableOptions { MaxServices = 16_384, MaxEndpoints = 131_072 });

    public void Dispose() => _world.Dispose();

    /// <summary>
    /// Two Services whose endpoints are exchanged, whose sizes change and which come and go, over and over, so that slots and rows go
    /// from one to the other all the time. No connect to one Service may ever end at an endpoint that was never the Service's.
    /// </summary>
    [Fact]
    public void Apply_UnderConnects_NeverGivesAnotherServicesEndpoint()
    {
        var ones = _world.Listen(4);
        var others = _world.Listen(4);
        var other = IPAddress.Parse("192.0.2.2");
        var kubeProxy = _world.Listen(new IPEndPoint(other, 80));
        _world.Give(ConnectWorld.ServiceOf(ones), ConnectWorld.ServiceOf(others, address: other));
        var counts = new int[4 + 4 + 1];
        using var connects = new Meanwhile(() => _world.Network.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var first = _world.Connect(new IPEndPoint(ConnectWorld.Service, 80), [.. ones, .. others, kubeProxy]);
                counts[first]++;
                Assert.InRange(first, 0, 3);
                Assert.InRange(_world.Connect(new IPEndPoint(other, 80), [.. ones, .. others, kubeProxy]), 4, 8);
            }
        }));

        var since = Stopwatch.GetTimestamp();
        var changes = 0;
        for (; Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5); changes++)
        {
            var services = new List<ConnectService>
            {
                ConnectWorld.ServiceOf(ones.Take(1 + (changes % 4)), [.. Enumerable.Range(0, 4).Select(i => (i + changes) % 3 / 2.0 + 0.01)
                    .Select(w => Math.Min(1, w))]),
            };
            if (changes % 2 == 0) services.Add(ConnectWorld.ServiceOf(others.Skip(changes % 3), address: other));
            _world.Table.Apply(services);
        }

        var rounds = connects.Stop();
        output.WriteLine($"{changes} changes under {rounds * 200} connects; by endpoint {string.Join(", ", counts)}");
        Assert.InRange(changes, 20, int.MaxValue);
        Assert.InRange(rounds, 1, int.MaxValue);
    }

    [Theory]
    [InlineData(1_000, 10)]
    [InlineData(1, 5_000)]
    [InlineData(4_096, 10)]
    public void Apply_ManyEndpoints_TakesLessThanItsBound(int services, int endpoints)
    {
        var first = Many(services, endpoints, weight: 1);
        var second = Many(services, endpoints, weight: 0.5);
        _world.Table.Apply([]); // compiles what is slow once

        var insert = Time(() => _world.Table.Apply(first));
        var replace = Time(() => _world.Table.Apply(second));
        var report = Time(() => _world.Table.Apply(second));
        var remove = Time(() => _world.Table.Apply([]));

        output.WriteLine($"{services} Services of {endpoints} endpoints: inserted in {insert:F0} ms, weights changed in {replace:F0} ms, " +
            $"a report of no change in {report:F0} ms, removed in {remove:F0} ms");
        Assert.InRange(insert, 0, 2000);
        Assert.InRange(replace, 0, 2000);
        Assert.InRange(report, 0, 1000);
        Assert.InRange(remove, 0, 2000);
    }

    [Fact]
    public void Connect_FiveThousandEndpoints_SharesFollowTheWeights()
    {
        var listeners = _world.Listen(1);
        var at = (IPEndPoint)listeners[0].LocalEndPoint!;
        // 127.1.x.y all are this namespace's loopback, and the listener hears on 127.0.0.1 alone: of those, a connect is refused.
        var endpoints = Enumerable.Range(0, 4_999).Select(i => new ConnectEndpoint(Nth(i), at.Port, 0.001, 0))
            .Append(new ConnectEndpoint(at.Address, at.Port, 1, 0)).ToList();
        var service = new ConnectService(ConnectWorld.Service, 80, ConnectWorld.FailOpenAfter, endpoints);
        _world.Give(service);

        var (given, refused) = (0, 0);
        _world.Network.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                _world.Table.Apply([service]); // a new report: nothing is in flight
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    client.Connect(new IPEndPoint(ConnectWorld.Service, 80));
                    given++;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    refused++;
                }
            }
        });

        output.WriteLine($"{given} of 1,000 connects to the one of weight 1 beside 4,999 of 0.001");
        Assert.Equal(1_000, given + refused);
        Assert.InRange(given, 110, 230); // a sixth, and five standard deviations
        Assert.Equal((1_000, 0), Assert.Single(_world.Table.Read()) is var counts ? (counts.Steered, counts.Passed) : default);
    }

    [Fact]
    public void Apply_TooMany_IsRefusedAndTheTableStays()
    {
        var listeners = _world.Listen(1);
        var service = ConnectWorld.ServiceOf(listeners);
        _world.Give(service);

        var endpoints = Assert.Throws<InvalidOperationException>(() => _world.Table.Apply([service, .. Many(27, 5_000, 1)]));
        var services = Assert.Throws<InvalidOperationException>(() => _world.Table.Apply([service, .. Many(16_384, 1, 1)]));

        Assert.Contains("endpoints", endpoints.Message, StringComparison.Ordinal);
        Assert.Contains("Services", services.Message, StringComparison.Ordinal);
        Assert.Equal(0, _world.Connect(new IPEndPoint(ConnectWorld.Service, 80), listeners));
        Assert.Equal(ConnectWorld.Service, Assert.Single(_world.Table.Read()).Address);
        _world.Table.Apply([service, .. Many(26, 5_000, 1)]); // nothing has leaked
        Assert.Equal(27, _world.Table.Read().Count);
    }

    [Fact]
    public void Apply_SameAddressAndPortTwice_IsRefused()
    {
        var service = ConnectWorld.ServiceOf([]);

        Assert.Throws<ArgumentException>(() => _world.Table.Apply([service, service]));
    }

    /// <summary>Addresses for documentation (RFC 3849), which nobody connects to.</summary>
    private static List<ConnectService> Many(int services, int endpoints, double weight) =>
    [
        .. Enumerable.Range(0, services).Select(s => new ConnectService(
            new IPAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)(s >> 8), (byte)s]), 80, ConnectWorld.FailOpenAfter,
            [.. Enumerable.Range(0, endpoints).Select(i => new ConnectEndpoint(
                new IPAddress([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, (byte)(i >> 8), (byte)i]), 8080,
                i % 2 == 0 ? weight : 1, 0))])),
    ];

    private static IPAddress Nth(int i) => new([127, 1, (byte)(i >> 8), (byte)i]);

    private static double Time(Action action)
    {
        var since = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }
}
