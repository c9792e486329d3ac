using System.Net.Sockets;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// TLS as it goes over the wire, record by record and segment by segment, in the orders that real servers and clients were seen to use. The
/// kernel sees record headers and lengths alone, so what is in the records does not matter here; real ones are in other classes.
/// </summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "28")]
public sealed class TlsRecordTests(KernelFixture kernel) : IDisposable
{
    private const byte Handshake = 0x16;
    private const byte Data = 0x17;
    private const int Ticket = 250;
    private const int Request = 80;
    private const int Answer = 120;
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(20);
    private static readonly byte[] Finished = Record(Data, 53);
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    /// <summary>
    /// Nagle's algorithm holds the second ticket back until the request acknowledges the first. Each holds a random number that is written
    /// in as few bytes as it needs, so one may take a block of the cipher less or more.
    /// </summary>
    [Theory]
    [InlineData(Ticket)]
    [InlineData(Ticket - 16)]
    [InlineData(Ticket + 16)]
    public void SecondTicket_BehindTheRequest_IsNoAnswer(int second)
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Greet(server, Hello());
        Send(pair.Client, pair.Server, Finished);
        Send(pair.Server, pair.Client, Record(Data, Ticket));
        Send(pair.Client, pair.Server, Record(Data, Request));
        Send(pair.Server, pair.Client, Record(Data, second));
        RealTime.Pass(ServerTime);
        Send(pair.Server, pair.Client, Record(Data, Answer));
        AssertMeasured(server, 1, 0);
        Exchange(pair);
        AssertMeasured(server, 2, 0);
    }

    /// <summary>A new connection with one request: the client's Finished and its request come together.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    public void FirstExchange_BehindTickets_IsMeasured(int tickets, bool together)
    {
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 5; i++)
        {
            var pair = Greet(server, Hello());
            Send(pair.Client, pair.Server, [.. Finished, .. Record(Data, Request)]);
            if (together) RealTime.Pass(ServerTime);
            byte[] sent = [.. Enumerable.Repeat(Record(Data, Ticket), tickets).SelectMany(t => t)];
            if (!together)
            {
                for (var t = 0; t < tickets; t++) Send(pair.Server, pair.Client, Record(Data, Ticket));
                RealTime.Pass(ServerTime);
            }

            Send(pair.Server, pair.Client, together ? [.. sent, .. Record(Data, Answer)] : Record(Data, Answer));
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        AssertMeasured(server, 5, 0);
        Assert.Equal(5, kernel.Read(server.Endpoint).Traffic.WithoutStatus);
    }

    [Fact]
    public void Answer_InManyRecords_IsUnderWayAsLongAsTheyCome()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Greet(server, Hello());
        Send(pair.Client, pair.Server, [.. Finished, .. Record(Data, Request)]);
        Send(pair.Server, pair.Client, [.. Record(Data, Ticket), .. Record(Data, Answer)]);
        Send(pair.Client, pair.Server, Record(Data, Request));
        for (var i = 0; i < 10; i++)
        {
            Send(pair.Server, pair.Client, Record(Data, Answer));
            RealTime.Pass(TimeSpan.FromMilliseconds(5));
        }

        var read = kernel.Read(server.Endpoint);
        Assert.Equal((2L, 1L, 1L), (read.Traffic.Requests, read.Rif, read.AnswersUnderWay));
        Assert.Equal(0, kernel.ReadUntil(server.Endpoint, e => e.Rif == 0).Rif);
    }

    /// <summary>Its first answer looks like a ticket: left out, and nothing seems to wait while the connection is idle.</summary>
    [Fact]
    public void ServerWithoutTickets_FirstExchange_IsUnmeasuredAndNotInFlight()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Greet(server, Hello());
        Send(pair.Client, pair.Server, [.. Finished, .. Record(Data, Request)]);
        Assert.Equal(1, kernel.Read(server.Endpoint).Rif);
        Send(pair.Server, pair.Client, Record(Data, 200));
        Assert.Equal(0, kernel.Read(server.Endpoint).Rif);
        for (var i = 0; i < 3; i++) Exchange(pair);
        AssertMeasured(server, 3, 1);
    }

    [Fact]
    public void ServerWithoutTickets_AnswersOfOneLength_MeasuredAfterAsManyAsTicketsCouldBe()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Greet(server, Hello());
        Send(pair.Client, pair.Server, Finished);
        for (var i = 0; i < 7; i++) Exchange(pair);
        AssertMeasured(server, 3, 4);
    }

    /// <summary>
    /// A known limit: the certificate passes for a request until the server sends something. It is no sample, and the requests after it are
    /// measured.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MutualTls_CertificateOfTheClient_SeemsInFlightUntilTheServersNextRecord(bool tickets)
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Greet(server, Hello());
        var (changeCipherSpec, finished) = (Finished[..6], Finished[6..]);
        Send(pair.Client, pair.Server, [.. changeCipherSpec, .. Record(Data, 700), .. Record(Data, 130), .. finished]);
        Assert.Equal(1, kernel.Read(server.Endpoint).Rif);
        if (!tickets) Send(pair.Client, pair.Server, Record(Data, Request));
        Send(pair.Server, pair.Client, Record(Data, Ticket));
        Assert.Equal(0, kernel.Read(server.Endpoint).Rif);
        for (var i = 0; i < 3; i++) Exchange(pair);
        AssertMeasured(server, 3, 1);
    }

    [Fact]
    public void NoAnswerYet_ConnectionEnds_IsUnansweredOrUnmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var hung = Greet(server, Hello());
        Send(hung.Client, hung.Server, [.. Finished, .. Record(Data, Request)]);
        hung.Server.Dispose();
        var unclear = Greet(server, Hello());
        Send(unclear.Client, unclear.Server, [.. Finished, .. Record(Data, Request)]);
        Send(unclear.Server, unclear.Client, Record(Data, Answer));
        unclear.Server.Dispose();
        var traffic = kernel.ReadUntil(server.Endpoint, e => e.Traffic is { Unanswered: 1, Unmeasured: 1 }).Traffic;
        Assert.Equal((1L, 1L, 1L), (traffic.Unanswered, traffic.Unmeasured, traffic.Requests));
    }

    [Theory]
    [InlineData(42)] // TLS 1.3: 25 bytes and 17
    [InlineData(49)] // TLS 1.2 with AES-GCM: 25 bytes and 24
    public void Continue100_IsNoAnswer(int length)
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Established(server);
        Send(pair.Client, pair.Server, Record(Data, Request));
        Send(pair.Server, pair.Client, Record(Data, length));
        Send(pair.Client, pair.Server, Record(Data, 1000));
        RealTime.Pass(ServerTime);
        Send(pair.Server, pair.Client, Record(Data, Answer));
        AssertMeasured(server, 2, 0);
    }

    [Fact]
    public void Upload_ThatTakesLong_MeasuredFromItsLastByte()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Established(server);
        Send(pair.Client, pair.Server, Record(Data, Request));
        for (var i = 0; i < 3; i++)
        {
            RealTime.Pass(TimeSpan.FromMilliseconds(300));
            Send(pair.Client, pair.Server, Record(Data, 1000));
        }

        RealTime.Pass(ServerTime);
        Send(pair.Server, pair.Client, Record(Data, Answer));
        AssertMeasured(server, 2, 0);
        Assert.InRange(kernel.Read(server.Endpoint).Traffic.Latency.Quantile(1)!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(600));
    }

    /// <summary>What was on its way when the answer left acknowledges none of it.</summary>
    [Fact]
    public void EarlyAnswer_RestOfTheUpload_OpensNoRequest()
    {
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var pair = _network.Run(() => Established(server));
        string[] lost = ["INPUT", "-i", "lo", "-p", "tcp", "--sport", $"{server.Endpoint.Port}", "-j", "DROP"];
        Send(pair.Client, pair.Server, Record(Data, Request));
        RealTime.Pass(ServerTime);
        _network.Inside(["iptables", "-A", .. lost]);
        pair.Server.Write(Record(Data, Answer));
        pair.Client.Write(Record(Data, 1000));
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((2L, 0L), (read.Traffic.Requests, read.Rif));
        _network.Inside(["iptables", "-D", .. lost]);
        pair.Client.Expect(5 + Answer);
        pair.Server.Expect(5 + 1000);
        Exchange(pair);
        AssertMeasured(server, 3, 0);
    }

    /// <summary>A pong has 6 bytes, the shortest request 18.</summary>
    [Fact]
    public void MessageTooShortForARequest_TurnsTheConnectionUnmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Established(server);
        Send(pair.Client, pair.Server, Record(Data, 6 + 17));
        for (var i = 0; i < 3; i++)
        {
            Send(pair.Server, pair.Client, Record(Data, Answer));
            Send(pair.Client, pair.Server, Record(Data, Request));
        }

        var read = kernel.Read(server.Endpoint);
        Assert.Equal((1L, 4L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.Rif));
    }

    /// <summary>Post-quantum keys make a ClientHello longer than a segment. Its extensions go on wherever the cut is.</summary>
    [Theory]
    [InlineData(null, 1460, 1)]
    [InlineData(null, 300, 1)]
    [InlineData("http/1.1", 1460, 1)]
    [InlineData("h2", 1460, 0)]
    public void ClientHello_InTwoSegments_IsReadToItsEnd(string? protocol, int cut, int measured)
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        var hello = Hello(protocol, padding: 1700);
        Assert.True(hello.Length > 1700);
        Send(client, accepted, hello[..cut]);
        Send(client, accepted, hello[cut..]);
        Send(accepted, client, [.. Record(Handshake, 90), .. Record(Data, 900)]);
        Send(client, accepted, [.. Finished, .. Record(Data, Request)]);
        Send(accepted, client, Record(Data, Ticket));
        RealTime.Pass(ServerTime);
        Send(accepted, client, Record(Data, Answer));
        AssertMeasured(server, measured, 1 - measured);
    }

    private static byte[] Record(byte type, int length) => [type, 3, 3, (byte)(length >> 8), (byte)length, .. new byte[length]];

    /// <summary>RFC 8446 4.1.2: an unknown extension of <paramref name="padding"/> bytes, then ALPN, if there is a protocol.</summary>
    private static byte[] Hello(string? protocol = null, int padding = 100)
    {
        byte[] alpn = protocol is null ? [] : Block(2, [.. Block(1, System.Text.Encoding.ASCII.GetBytes(protocol))]);
        byte[] offer = alpn.Length == 0 ? alpn : [0, 16, .. Block(2, alpn)];
        byte[] extensions = [0xfa, 0xfa, .. Block(2, new byte[padding]), .. offer, 0, 23, 0, 0];
        byte[] head = [3, 3, .. new byte[32], .. Block(1, new byte[32]), .. Block(2, [0x13, 0x01]), .. Block(1, [0])];
        byte[] body = [.. head, .. Block(2, extensions)];
        return [Handshake, 3, 1, .. Block(2, [1, .. Block(3, body)])];
    }

    /// <summary>The length in <paramref name="size"/> bytes, then the bytes.</summary>
    private static byte[] Block(int size, byte[] bytes) =>
        [.. Enumerable.Range(0, size).Select(i => (byte)(bytes.Length >> (8 * (size - 1 - i)))), .. bytes];

    private static void Send(Socket from, Socket to, byte[] bytes)
    {
        from.Write(bytes);
        to.Expect(bytes.Length);
    }

    private static (Socket Client, Socket Server) Greet(TestServer server, byte[] hello)
    {
        var pair = server.Pair();
        Send(pair.Client, pair.Server, hello);
        Send(pair.Server, pair.Client, [.. Record(Handshake, 90), .. Record(Data, 900)]);
        return pair;
    }

    /// <summary>A connection whose first exchange was measured.</summary>
    private static (Socket Client, Socket Server) Established(TestServer server)
    {
        var pair = Greet(server, Hello());
        Send(pair.Client, pair.Server, Finished);
        Send(pair.Server, pair.Client, Record(Data, Ticket));
        Exchange(pair);
        return pair;
    }

    private static void Exchange((Socket Client, Socket Server) pair)
    {
        Send(pair.Client, pair.Server, Record(Data, Request));
        RealTime.Pass(ServerTime);
        Send(pair.Server, pair.Client, Record(Data, Answer));
    }

    private void AssertMeasured(TestServer server, int requests, int unmeasured)
    {
        var read = kernel.Read(server.Endpoint);
        var traffic = read.Traffic;
        Assert.Equal((requests, unmeasured, 0L, 0L), (traffic.Requests, traffic.Unmeasured, traffic.Unanswered, read.Waiting));
        if (requests == 0) return;
        var fastest = read.Traffic.Latency.Quantile(0)!.Value;
        Assert.True(fastest >= HistogramTolerance.Low(ServerTime), $"Something was taken for an answer: {fastest}.");
    }
}
