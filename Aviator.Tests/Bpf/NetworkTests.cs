using System.Net;
using System.Net.Sockets;
using System.Text;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// What networks and TCP itself do to a connection: loss, duplicates, Fast Open, peers that vanish. Each in its own namespace.
/// </summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "26")]
public sealed class NetworkTests(KernelFixture kernel) : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public async Task Loss_OneSegmentInTwenty_EachRequestCountedOnceAndNoneLeftOpen()
    {
        const int connections = 16, requests = 60;
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var pairs = _network.Run(() => Enumerable.Range(0, connections).Select(_ => server.Pair()).ToList());
        // From here on: a handshake that loses its last step is finished by the first data only, and this test's server accepts before it.
        _network.Inside("iptables", "-A", "INPUT", "-i", "lo", "-m", "statistic", "--mode", "random", "--probability", "0.05", "-j",
            "DROP");
        // A segment that is lost five times in a row takes over 6 s.
        foreach (var (client, accepted) in pairs) client.ReceiveTimeout = accepted.ReceiveTimeout = 60_000;

        // Several segments each way, so that requests and answers get holes, duplicates and segments out of order.
        var body = new string('x', 20_000);
        var (request, answer) = (PostHead(body) + body, AnswerHead(body) + body);
        await Task.WhenAll(pairs.Select(pair => Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < requests; i++) pair.Exchange(request, answer);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        var retransmitted = pairs.Sum(p => TcpInfo.Retransmitted(p.Client) + TcpInfo.Retransmitted(p.Server));
        Assert.True(retransmitted > 50, $"Only {retransmitted} segments were sent again: the loss did not happen.");
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((connections * requests, 0L, 0L, 0L),
            (read.Traffic.Requests, read.Traffic.Unmeasured, read.Traffic.Unanswered, read.Waiting));
    }

    [Fact]
    public void FastOpen_RequestInTheSyn_MeasuredFromItsArrival()
    {
        const int fastOpen = 23, noCookie = 34, fastOpenConnect = 30, tcp = 6;
        // Client, server, no cookie needed for data in the SYN.
        _network.Run(() => File.WriteAllText("/proc/sys/net/ipv4/tcp_fastopen", "1027"));
        using var server = _network.Run(() => new TestServer(kernel.NextAddress(), s =>
        {
            s.SetRawSocketOption(tcp, fastOpen, BitConverter.GetBytes(16));
            s.SetRawSocketOption(tcp, noCookie, BitConverter.GetBytes(1));
        }));
        using var client = _network.Run(() =>
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 5000 });
        client.SetRawSocketOption(tcp, fastOpenConnect, BitConverter.GetBytes(1));
        client.SetRawSocketOption(tcp, noCookie, BitConverter.GetBytes(1));
        client.Connect(server.Endpoint);
        client.Write(ExchangeTests.Get);
        var accepted = server.Accept();
        accepted.Expect(ExchangeTests.Get);
        RealTime.Pass(TimeSpan.FromMilliseconds(20));
        accepted.Write(ExchangeTests.Ok);
        client.Expect(ExchangeTests.Ok);
        Assert.True(TcpInfo.SynData(client), "The request did not travel in the SYN.");

        (client, accepted).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((2L, 0L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.Traffic.Unanswered, read.Waiting));
        Assert.True(read.Traffic.Latency.Quantile(1)!.Value >= HistogramTolerance.Low(TimeSpan.FromMilliseconds(20)),
            "The clock started late.");
    }

    [Fact]
    public void ClientVanishes_ServerAnswers_NothingStaysInFlight()
    {
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var (client, accepted) = _network.Run(() => server.Pair());
        client.Write(ExchangeTests.Get);
        accepted.Expect(ExchangeTests.Get);
        Assert.Equal(1, kernel.Read(server.Endpoint).Rif);

        _network.Inside("iptables", "-A", "INPUT", "-i", "lo", "-j", "DROP");
        client.Dispose();
        accepted.Write(ExchangeTests.Ok); // sent again and again, never acknowledged
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((1L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unanswered, read.Waiting));
    }

    [Fact]
    public void ClientVanishes_ServerGivesUp_IsUnanswered()
    {
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var (client, accepted) = _network.Run(() => server.Pair());
        client.Write(ExchangeTests.Get);
        accepted.Expect(ExchangeTests.Get);
        _network.Inside("iptables", "-A", "INPUT", "-i", "lo", "-j", "DROP");
        client.Dispose();
        accepted.Dispose();
        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Unanswered == 1);
        Assert.Equal((1L, 1L, 0L), (read.Traffic.Requests, read.Traffic.Unanswered, read.Waiting));
    }

    /// <summary>Segments of over 64 KiB carry a header of options between those of IPv6 and TCP.</summary>
    [Fact]
    public async Task Ipv6BigTcp_RequestsAndAnswersOfManyKilobytes_EachCountedOnce()
    {
        const int requests = 20;
        _network.Inside("ip", "link", "set", "lo", "gso_max_size", "185000", "gro_max_size", "185000");
        using var server = _network.Run(() => new TestServer(IPAddress.IPv6Loopback));
        var pair = _network.Run(() => server.Pair());
        var body = new string('x', 180_000);
        for (var i = 0; i < requests; i++)
        {
            var receiving = Task.Run(() => pair.Server.Expect(PostHead(body).Length + body.Length));
            pair.Client.Write(PostHead(body) + body);
            await receiving.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            RealTime.Pass(TimeSpan.FromMilliseconds(2));
            var answering = Task.Run(() => pair.Client.Expect(AnswerHead(body).Length + body.Length));
            pair.Server.Write(AnswerHead(body) + body);
            await answering.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }

        var read = kernel.Read(server.Endpoint);
        Assert.Equal((requests, 0L, 0L, 0L),
            (read.Traffic.Requests, read.Traffic.Unmeasured, read.Traffic.Unanswered, read.Waiting));
        Assert.True(read.Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(TimeSpan.FromMilliseconds(2)));
    }

    [Fact]
    public void ForgedDuplicate_OfAnAnsweredRequest_OpensNothing()
    {
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var pair = _network.Run(() => server.Pair());
        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        _network.Run(() => Replay(pair.Client, ExchangeTests.Get));
        Assert.Equal((1L, 0L), (kernel.Read(server.Endpoint).Traffic.Requests, kernel.Read(server.Endpoint).Rif));

        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Equal((2L, 0L), (kernel.Read(server.Endpoint).Traffic.Requests, kernel.Read(server.Endpoint).Rif));
    }

    private static string PostHead(string body) => $"POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: {body.Length}\r\n\r\n";

    private static string AnswerHead(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n";

    /// <summary>
    /// Sends the client's last payload once more, as a retransmission whose acknowledgement was lost: its sequence numbers are read and
    /// set back through TCP_REPAIR.
    /// </summary>
    private static void Replay(Socket client, string payload)
    {
        const int tcp = 6, repair = 19, repairQueue = 20, queueSequence = 21, sendQueue = 2, receiveQueue = 1;
        Span<byte> value = stackalloc byte[4];
        client.SetRawSocketOption(tcp, repair, BitConverter.GetBytes(1));
        client.SetRawSocketOption(tcp, repairQueue, BitConverter.GetBytes(sendQueue));
        client.GetRawSocketOption(tcp, queueSequence, value);
        var sequence = BitConverter.ToUInt32(value) - (uint)payload.Length;
        client.SetRawSocketOption(tcp, repairQueue, BitConverter.GetBytes(receiveQueue));
        client.GetRawSocketOption(tcp, queueSequence, value);
        var acknowledged = BitConverter.ToUInt32(value);
        client.SetRawSocketOption(tcp, repair, BitConverter.GetBytes(0));

        var (from, to) = ((IPEndPoint)client.LocalEndPoint!, (IPEndPoint)client.RemoteEndPoint!);
        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp);
        raw.Bind(new IPEndPoint(from.Address, 0));
        raw.SendTo(TcpSegment.Build(from, to, sequence, acknowledged, Encoding.Latin1.GetBytes(payload)), to);
    }
}
