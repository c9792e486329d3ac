using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>What counts as a request and when it is answered, against real sockets on loopback.</summary>
[Collection(KernelCollection.Name)]
public sealed class ExchangeTests(KernelFixture kernel)
{
    internal const string Get = "GET / HTTP/1.1\r\nHost: pod\r\n\r\n";
    internal const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void KeepAlive_ManyRequests_EachCountedOnce()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        for (var i = 0; i < 100; i++) pair.Exchange(Get, Ok);
        AssertMeasured(server, 100);
    }

    [Fact]
    public void NewConnections_OneRequestEach_EachCountedOnce()
    {
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 50; i++)
        {
            var pair = server.Pair();
            pair.Exchange(Get, Ok);
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        AssertMeasured(server, 50);
    }

    [Fact]
    public void RequestAndAnswer_OfManySegments_CountedOnceFromFirstByteToFirstByte()
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        var began = Stopwatch.StartNew();
        foreach (var piece in new[] { "G", "ET / HT", "TP/1.1\r\nHost: pod\r\n", "Content-Length: 3\r\n\r\nab", "c" })
        {
            client.Write(piece);
            accepted.Expect(piece);
            RealTime.Pass(TimeSpan.FromMilliseconds(5));
        }

        var untilAnswer = TimeSpan.Zero;
        foreach (var piece in new[] { "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\n", "o", "k" })
        {
            accepted.Write(piece);
            if (untilAnswer == TimeSpan.Zero) untilAnswer = began.Elapsed;
            client.Expect(piece);
            RealTime.Pass(TimeSpan.FromMilliseconds(30));
        }

        var latency = AssertMeasured(server, 1);
        AssertBetween(TimeSpan.FromMilliseconds(25), untilAnswer, latency);
    }

    [Fact]
    [Trait("Catalogue", "26")]
    public void DeferredAccept_FirstRequest_MeasuredFromItsArrival()
    {
        const int deferAccept = 9; // TCP_DEFER_ACCEPT
        using var server = new TestServer(kernel.NextAddress(), s => s.SetRawSocketOption(6, deferAccept, BitConverter.GetBytes(5)));
        var began = Stopwatch.StartNew();
        var client = server.Connect();
        client.Write(Get);
        var accepted = server.Accept();
        accepted.Expect(Get);
        RealTime.Pass(ServerTime);
        accepted.Write(Ok);
        AssertBetween(ServerTime, began.Elapsed, AssertMeasured(server, 1));
        client.Expect(Ok);
        (client, accepted).Exchange(Get, Ok);
        AssertMeasured(server, 2);
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public void ExpectContinue_InterimAnswer_DoesNotEndTheRequest()
    {
        const string head = "POST / HTTP/1.1\r\nHost: pod\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
        const string interim = "HTTP/1.1 100 Continue\r\n\r\n";
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange(head, interim);
        pair.Exchange("abc", Ok, ServerTime);
        Assert.True(AssertMeasured(server, 1) >= HistogramTolerance.Low(ServerTime), "The interim answer ended the request.");

        pair.Exchange(head, interim + Ok); // both in one segment
        AssertMeasured(server, 2);
    }

    [Fact]
    [Trait("Catalogue", "27")]
    public async Task LargeAnswer_SlowReader_MeasuredToItsFirstByte()
    {
        var answer = new byte[8 << 20];
        "HTTP/1.1 200 OK\r\nContent-Length: 8388577\r\n\r\n"u8.CopyTo(answer);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.ReceiveBufferSize = 64 << 10;
        client.Write(Get);
        accepted.Expect(Get);
        var sending = Task.Run(() => accepted.Write(answer), TestContext.Current.CancellationToken);
        var slow = Stopwatch.StartNew();
        for (var left = answer.Length; left > 0; left -= 1 << 20)
        {
            RealTime.Pass(TimeSpan.FromMilliseconds(30));
            client.Expect(1 << 20);
        }

        await sending;
        Assert.True(slow.Elapsed > TimeSpan.FromMilliseconds(200), "The reader was not slow.");
        Assert.InRange(AssertMeasured(server, 1), TimeSpan.Zero, slow.Elapsed / 4);
    }

    [Fact]
    public void Pipelined_AnswersInSegmentsOfTheirOwn_FirstMeasuredOthersUnmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(Get + Get + Get);
        accepted.Expect(Get + Get + Get);
        for (var i = 0; i < 3; i++)
        {
            accepted.Write(Ok);
            client.Expect(Ok);
        }

        AssertMeasured(server, 1, unmeasured: 2);
    }

    /// <summary>Nobody looks behind an answer for more: that would cost every answer. What is not seen is not counted.</summary>
    [Fact]
    public void Pipelined_AnswersInOneSegment_FirstMeasuredOthersNotSeen()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange(Get + Get + Get, Ok + Ok + Ok);
        AssertMeasured(server, 1);
        pair.Exchange(Get, Ok);
        AssertMeasured(server, 2);
    }

    [Fact]
    public void EarlyAnswer_RestOfTheUpload_OpensNoRequest()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange("POST /upload HTTP/1.1\r\nHost: pod\r\nContent-Length: 8\r\n\r\nabcd",
            "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        pair.Client.Write("efgh");
        pair.Server.Expect("efgh");
        pair.Exchange(Get, Ok);
        AssertMeasured(server, 2);
    }

    [Theory]
    [InlineData(200, "success")]
    [InlineData(204, "success")]
    [InlineData(302, "redirects")]
    [InlineData(404, "client errors")]
    [InlineData(428, "client errors")]
    [InlineData(429, "throttled")]
    [InlineData(500, "server errors")]
    [InlineData(503, "server errors")]
    [Trait("Catalogue", "4")]
    public void Status_OfEachClass_CountsInItAndInNoOther(int status, string expected)
    {
        using var server = new TestServer(kernel.NextAddress());
        server.Pair().Exchange(Get, $"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
        AssertMeasured(server, 1);
        AssertStatus(server, expected);
    }

    [Theory]
    [InlineData("HTTP/1.1 ", "success")]
    [InlineData("HTTP/1.1 4", "throttled")]
    [InlineData("HTTP/1.1 50", "server errors")]
    [InlineData("H", "client errors")]
    [Trait("Catalogue", "4")]
    public void Status_SplitOverSegments_CountsInItsClassAtTheFirstByte(string first, string expected)
    {
        var status = expected switch { "success" => "200", "throttled" => "429", "server errors" => "503", _ => "404" };
        var line = $"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n";
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        var began = Stopwatch.StartNew();
        client.Write(Get);
        accepted.Expect(Get);
        RealTime.Pass(ServerTime);
        accepted.Write(first);
        var untilAnswer = began.Elapsed;
        client.Expect(first);
        RealTime.Pass(ServerTime * 2);
        accepted.Write(line[first.Length..]);
        client.Expect(line[first.Length..]);
        AssertBetween(ServerTime, untilAnswer, AssertMeasured(server, 1));
        AssertStatus(server, expected);
    }

    [Fact]
    public void Status_ByteByByteBehindAnInterimAnswer_EndsAtTheAnswerProper()
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(Get);
        accepted.Expect(Get);
        Trickle("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
        RealTime.Pass(ServerTime);
        Trickle("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        Assert.True(AssertMeasured(server, 1) >= HistogramTolerance.Low(ServerTime), "The interim answer ended the request.");
        AssertStatus(server, "client errors");

        void Trickle(string text)
        {
            foreach (var letter in text)
            {
                accepted.Write(letter.ToString());
                client.Expect(letter.ToString());
            }
        }
    }

    [Theory]
    [InlineData("several", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n")]
    [InlineData("long", null)]
    [Trait("Catalogue", "28")]
    public void InterimAnswers_SeveralOrLong_AnswerInTheSameSegmentIsFound(string kind, string? interim)
    {
        interim ??= $"HTTP/1.1 103 Early Hints\r\nLink: <{new string('x', 1500)}>\r\n\r\n";
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        for (var i = 0; i < 3; i++) pair.Exchange(Get, interim + Ok, ServerTime);
        Assert.True(AssertMeasured(server, 3) >= HistogramTolerance.Low(ServerTime), kind);
        Assert.Equal(3, kernel.Read(server.Endpoint).Traffic.Statuses.Success);
    }

    /// <summary>A client that asks again before the answer is all there.</summary>
    [Theory]
    [InlineData(100, 2, 0)]
    [InlineData(60_000, 1, 1)]
    public void Answer_BehindTheTailOfAnother_IsFoundOrGivenUp(int tail, int measured, int unmeasured)
    {
        var rest = new string('x', tail);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        (client, accepted).Exchange(Get, "HTTP/1.1 200 OK\r\nContent-Length: " + tail + "\r\n\r\n");
        client.Write(Get);
        accepted.Expect(Get);
        accepted.Write(rest + Ok);
        client.Expect(rest + Ok);
        AssertMeasured(server, measured, unmeasured);
        (client, accepted).Exchange(Get, Ok);
        AssertMeasured(server, measured + 1, unmeasured);
    }

    /// <summary>The seconds that a client takes to send a body are not the pod's.</summary>
    [Fact]
    public void Upload_ThatTakesLong_MeasuredFromItsLastByte()
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write("POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: 4\r\n\r\n");
        RealTime.Pass(TimeSpan.FromMilliseconds(200));
        Assert.InRange(kernel.Read(server.Endpoint).OldestInFlight, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(60));
        client.Write("ab");
        RealTime.Pass(TimeSpan.FromMilliseconds(200));
        var last = Stopwatch.StartNew();
        client.Write("cd");
        var waited = kernel.Read(server.Endpoint);
        Assert.InRange(waited.OldestInFlight, TimeSpan.Zero, last.Elapsed);
        Assert.Equal(1, waited.Rif);
        RealTime.Pass(ServerTime);
        accepted.Write(Ok);
        AssertBetween(ServerTime, last.Elapsed, AssertMeasured(server, 1));
        client.Expect(Ok);
    }

    [Theory]
    [InlineData("v4")]
    [InlineData("v6")]
    [InlineData("mapped")]
    [Trait("Catalogue", "13")]
    public void Address_OfEitherFamilyOrMapped_Counted(string kind)
    {
        var address = kind == "v6" ? IPAddress.IPv6Loopback : kernel.NextAddress();
        using var server = new TestServer(address, dualMode: kind == "mapped");
        var pair = server.Pair();
        Assert.Equal(kind == "v4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, pair.Server.AddressFamily);
        for (var i = 0; i < 10; i++) pair.Exchange(Get, Ok);
        AssertMeasured(server, 10);
    }

    [Fact]
    [Trait("Catalogue", "11")]
    public void SlowAnswer_AcknowledgedAtOnce_MeasuredToTheAnswer()
    {
        using var server = new TestServer(kernel.NextAddress());
        var took = server.Pair().Exchange(Get, Ok, TimeSpan.FromMilliseconds(100));
        AssertBetween(TimeSpan.FromMilliseconds(100), took, AssertMeasured(server, 1));
    }

    [Fact]
    [Trait("Catalogue", "12")]
    public void ClientSocket_OfAnAddressOfInterest_CountsNothing()
    {
        var pod = kernel.NextAddress();
        using var server = new TestServer(IPAddress.Parse("127.97.2.1")); // not of interest
        server.Pair(new IPEndPoint(pod, 0)).Exchange(Get, Ok);
        Assert.DoesNotContain(kernel.Counters.Read(), e => e.Address.Equals(pod));
    }

    [Fact]
    public void Endpoint_WithConnections_ReportsNetworkRtt()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        for (var i = 0; i < 10; i++) pair.Exchange(Get, Ok);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal(1, read.Connections);
        Assert.NotNull(read.NetworkRtt);
        Assert.InRange(read.NetworkRtt.Value, TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Within the histogram's error.</summary>
    private static void AssertBetween(TimeSpan lower, TimeSpan upper, TimeSpan measured) =>
        Assert.InRange(measured, HistogramTolerance.Low(lower), HistogramTolerance.High(upper));

    private void AssertStatus(TestServer server, string expected)
    {
        var traffic = kernel.Read(server.Endpoint).Traffic;
        var statuses = traffic.Statuses;
        var counted = new Dictionary<string, long>
        {
            ["success"] = statuses.Success,
            ["redirects"] = statuses.Redirects,
            ["client errors"] = statuses.ClientErrors,
            ["throttled"] = statuses.Throttled,
            ["server errors"] = traffic.ServerErrors,
            ["none"] = traffic.WithoutStatus,
        };
        Assert.Equal([(expected, 1L)], counted.Where(c => c.Value > 0).Select(c => (c.Key, c.Value)));
    }

    private TimeSpan AssertMeasured(TestServer server, int requests, int unmeasured = 0)
    {
        var read = kernel.Read(server.Endpoint);
        var traffic = read.Traffic;
        Assert.Equal((requests, unmeasured, 0L, 0L), (traffic.Requests, traffic.Unmeasured, traffic.Unanswered, read.Waiting));
        return read.Traffic.Latency.Quantile(0.5)!.Value;
    }
}
