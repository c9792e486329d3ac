using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>What a client sees: every family of sockets, getpeername, and what is none of the hooks' business.</summary>
[Collection(ConnectCollection.Name)]
public sealed class ConnectFamilyTests : IDisposable
{
    private static readonly IPEndPoint V4 = new(ConnectWorld.Service, 80);
    private static readonly IPEndPoint Mapped = new(ConnectWorld.Service.MapToIPv6(), 80);
    private static readonly IPEndPoint V6 = new(ConnectWorld.ServiceV6, 80);
    private readonly ConnectWorld _world = new();

    public static TheoryData<string> Families => ["v4", "mapped", "v6"];

    public void Dispose() => _world.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Connect_AnyFamily_IsGivenAndGetpeernameNamesTheService(string family)
    {
        var (service, listeners) = Serve(family);
        var client = _world.Client(service.AddressFamily);

        client.Connect(service);

        Assert.Equal(0, ConnectWorld.Accepted(listeners));
        Assert.Equal(service, client.RemoteEndPoint);
    }

    /// <summary>The mark of the first connect must not speak for the second.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Getpeername_SocketConnectedElsewhere_TellsTheTruth(string family)
    {
        var (service, listeners) = Serve(family);
        listeners[0].Dispose();
        var other = _world.Listen(new IPEndPoint(family == "v6" ? ConnectWorld.ServiceV6 : ConnectWorld.Service, 0));
        var elsewhere = new IPEndPoint(service.Address, ((IPEndPoint)other.LocalEndPoint!).Port);
        var client = _world.Client(service.AddressFamily);

        Assert.Throws<SocketException>(() => client.Connect(service)); // given to an endpoint that is gone
        client = Again(client);
        client.Connect(elsewhere);

        Assert.Equal(0, ConnectWorld.Accepted([other]));
        Assert.Equal(elsewhere, client.RemoteEndPoint);
    }

    /// <summary>To the endpoint's own address after the Service's: the peer is that of the mark, and still the mark must be gone.</summary>
    [Fact]
    public void Getpeername_SameEndpointByItsOwnAddress_IsItsOwnAddress()
    {
        var (service, listeners) = Serve("v4");
        var endpoint = (IPEndPoint)listeners[0].LocalEndPoint!;
        listeners[0].Dispose();
        var client = _world.Client(AddressFamily.InterNetwork);
        Assert.Throws<SocketException>(() => client.Connect(service));
        var back = _world.Listen(endpoint);
        client = Again(client);

        client.Connect(endpoint);

        Assert.Equal(0, ConnectWorld.Accepted([back]));
        Assert.Equal(endpoint, client.RemoteEndPoint);
    }

    [Fact]
    public void Connect_Udp_IsUntouched()
    {
        Serve("v4");
        using var receiver = _world.Network.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
            socket.Bind(V4);
            return socket;
        });
        var client = _world.Client(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        client.Connect(V4);
        client.Send("x"u8);

        Assert.Equal(1, receiver.Receive(new byte[4]));
        Assert.All(_world.Table.Read(), counts => Assert.Equal((0, 0), (counts.Steered, counts.Passed)));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("192.0.2.77")]
    [InlineData("192.0.2.1")] // the Service's address, another port
    public void Connect_NotInTheTable_IsUntouched(string address)
    {
        Serve("v4");
        var own = _world.Listen(new IPEndPoint(IPAddress.Parse(address), 0));
        var client = _world.Client(AddressFamily.InterNetwork);

        client.Connect(own.LocalEndPoint!);

        Assert.Equal(0, ConnectWorld.Accepted([own]));
        Assert.Equal(own.LocalEndPoint, client.RemoteEndPoint);
        Assert.All(_world.Table.Read(), counts => Assert.Equal((0, 0), (counts.Steered, counts.Passed)));
    }

    /// <summary>Two agents' tables, or ours behind a stranger's: the first gives, and the second sees a pod's address.</summary>
    [Fact]
    public void Connect_AnotherTableAttachedToo_TheFirstGives()
    {
        using var second = new ConnectWorld();
        var (service, listeners) = Serve("v4");
        second.Give(ConnectWorld.ServiceOf(_world.Listen(1)));

        Assert.Equal(0, _world.Connect(service, listeners));
        Assert.Equal(1, Assert.Single(_world.Table.Read()).Steered);
        Assert.Equal((0, 0), Assert.Single(second.Table.Read()) is var counts ? (counts.Steered, counts.Passed) : default);
        Assert.True(_world.Table.IsGiving());
        Assert.True(second.Table.IsGiving());
    }

    private (IPEndPoint Service, Socket[] Listeners) Serve(string family)
    {
        var listeners = _world.Listen(1, family == "v6" ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        var service = family switch { "v4" => V4, "mapped" => Mapped, _ => V6 };
        _world.Give(ConnectWorld.ServiceOf(listeners, address: family == "v6" ? ConnectWorld.ServiceV6 : ConnectWorld.Service));
        return (service, listeners);
    }

    /// <summary>.NET allows no second attempt on its object after a refusal; the kernel's socket does.</summary>
    private static Socket Again(Socket socket) => new(new SafeSocketHandle(RawSocket.Duplicate(socket), ownsHandle: true));
}
