using System.Net;
using System.Net.Sockets;
using System.Text;
using Aviator.Agent.Interest;
using Aviator.Agent.Steering;
using Aviator.Agent.Steering.Closing;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Which connections are found between two exchanges, by what the kernel saw of real ones, and what closing one does.</summary>
[Collection(ConnectCollection.Name)]
public sealed class IdleConnectionTests : IDisposable
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: web\r\n\r\n";
    private static readonly IPEndPoint Service = new(ConnectWorld.Service, 80);
    private readonly ConnectWorld _world = new();
    private readonly Socket[] _endpoint;
    private readonly IIdleConnections _connections;

    public IdleConnectionTests()
    {
        _endpoint = _world.Listen(1);
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        _connections = _world.Table.FollowConnections();
    }

    private EndpointAddress Endpoint => (IPEndPoint)_endpoint[0].LocalEndPoint! is var at ? new(at.Address, at.Port) : default;

    public void Dispose()
    {
        _connections.Dispose();
        _world.Dispose();
    }

    public static TheoryData<string, string> Over => new()
    {
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
        { Get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" },
        { Get.Replace("GET", "HEAD", StringComparison.Ordinal), "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" },
        { Get, $"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n{new string('x', 300_000)}" },
        { Get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
        { Get, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n{new string('x', 70_000)}\r\n0\r\n\r\n" },
        {
            $"POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{new string('x', 100_000)}",
            "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
        },
    };

    public static TheoryData<string, string> NotOver => new()
    {
        { Get, "" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello" },
        { Get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" },
        { Get, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\r\n\r\n" },
        { Get + Get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
        { $"{Get[..^2]}Cookie: {new string('c', 1024)}\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
        { $"{Get[..^2]}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
        { "SET a 1\r\n", "+OK\r\n" },
    };

    [Theory]
    [MemberData(nameof(Over))]
    public void Find_ExchangeIsOver_IsIdle(string request, string answer)
    {
        using var pair = Connect();
        Follow();
        pair.Exchange(request, answer);

        Assert.NotNull(Assert.Single(_connections.Find()).Idle);
    }

    [Theory]
    [MemberData(nameof(NotOver))]
    public void Find_ExchangeIsNotKnownToBeOver_IsNotIdle(string request, string answer)
    {
        using var pair = Connect();
        Follow();
        pair.Exchange(request, answer);

        var found = Assert.Single(_connections.Find());
        Assert.Null(found.Idle);
        Assert.False(_connections.TryClose(found));
    }

    [Fact]
    public void Find_AnswerIsNotReadYet_IsNotIdle()
    {
        using var pair = Connect();
        Follow();
        pair.Send(Get);
        pair.Answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", read: false);

        Assert.Null(Assert.Single(_connections.Find()).Idle);
    }

    [Fact]
    public void Find_AnswerArrivesInPieces_IsIdleAfterTheLast()
    {
        using var pair = Connect();
        Follow();
        pair.Send(Get);
        pair.Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var piece in (string[])[$"11170\r\n{new string('x', 70_000)}\r", "\n", "0\r", "\n\r"])
        {
            pair.Answer(piece);
            Assert.Null(Assert.Single(_connections.Find()).Idle);
        }

        pair.Answer("\n");

        Assert.NotNull(Assert.Single(_connections.Find()).Idle);
    }

    [Fact]
    public void Find_NothingWasExchangedSinceItIsFollowed_IsNotIdle()
    {
        using var pair = Connect();
        pair.Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Follow();

        Assert.Null(Assert.Single(_connections.Find()).Idle);
        pair.Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Assert.NotNull(Assert.Single(_connections.Find()).Idle);
    }

    [Fact]
    public void Find_NextRequestBegins_IsNotIdleAnyMore()
    {
        using var pair = Connect();
        Follow();
        pair.Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var found = Assert.Single(_connections.Find());

        pair.Send(Get);

        Assert.NotNull(found.Idle);
        Assert.Null(Assert.Single(_connections.Find()).Idle);
        Assert.False(_connections.TryClose(found));
    }

    [Fact]
    public void Find_EndpointNotFollowed_FindsNothing()
    {
        using var pair = Connect();
        _connections.Follow(new HashSet<EndpointAddress> { Endpoint with { Port = 1 } });
        pair.Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        Assert.Empty(_connections.Find());
    }

    [Fact]
    public void TryClose_IdleConnection_LetsTheClientReadItsEndAndWhatItSendsStillGoesOut()
    {
        using var pair = Connect();
        Follow();
        pair.Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var found = Assert.Single(_connections.Find());

        Assert.Equal((new ServiceKey(Service.Address, 80), Endpoint), (found.Service, found.Endpoint));
        Assert.True(_connections.TryClose(found));

        Assert.Equal(0, pair.Client.Receive(new byte[1]));
        pair.Send(Get);
        pair.Client.Dispose();
        Assert.Empty(_connections.Find());
        Assert.False(_connections.TryClose(found));
    }

    [Fact]
    public void ReadOpen_CountsWhatTheNodesClientsHaveOpen()
    {
        Assert.Equal(0, _world.Table.ReadOpen()[Endpoint]);
        using (Connect())
        using (Connect())
            Assert.Equal(2, _world.Table.ReadOpen()[Endpoint]);
        Assert.Equal(0, _world.Table.ReadOpen()[Endpoint]);
    }

    private void Follow() => _connections.Follow(new HashSet<EndpointAddress> { Endpoint });

    private Pair Connect()
    {
        var client = _world.Client(AddressFamily.InterNetwork);
        client.Connect(Service);
        return new(client, _endpoint[0].Accept());
    }

    /// <summary>A client and the connection that its server accepted.</summary>
    private sealed record Pair(Socket Client, Socket Server) : IDisposable
    {
        public void Exchange(string request, string answer)
        {
            Send(request);
            Answer(answer);
        }

        public void Send(string request) => Pass(Client, Server, request, read: true);

        public void Answer(string answer, bool read = true) => Pass(Server, Client, answer, read);

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }

        private static void Pass(Socket from, Socket to, string text, bool read)
        {
            var bytes = Encoding.ASCII.GetBytes(text);
            var sent = from.SendAsync(bytes);
            to.ReceiveTimeout = 5000;
            if (read)
                for (var left = bytes.Length; left > 0;)
                    left -= to.Receive(new byte[left]) is var got and > 0 ? got : throw new EndOfStreamException();
            Assert.Equal(bytes.Length, sent.GetAwaiter().GetResult());
        }
    }
}
