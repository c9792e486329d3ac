using System.Diagnostics;
using System.Net.Sockets;
using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>HTTP/1 answers that go on, as streams and long downloads do: load to their end, and nothing that anybody waits for.</summary>
[Collection(KernelCollection.Name)]
public sealed class AnswersUnderWayTests(KernelFixture kernel)
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    private const string Event = "9\r\ndata: a\n\n\r\n";
    private const string LastChunk = "0\r\n\r\n";
    private const int Pieces = 20;

    [Fact]
    public void StreamInChunks_IsLoadToItsLastChunkAndNoLonger()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Begin(server, Chunked);
        Stream(pair, Event);
        AssertUnderWay(kernel.Read(server.Endpoint));

        // Behind an event of its own or in one segment with it.
        Send(pair, Event + LastChunk);
        Assert.Equal((1L, 0L), (kernel.Read(server.Endpoint).Traffic.Requests, kernel.Read(server.Endpoint).Rif));

        pair.Exchange(ExchangeTests.Get, Chunked);
        Stream(pair, Event);
        AssertUnderWay(kernel.Read(server.Endpoint), requests: 2);
        Send(pair, LastChunk);
        Assert.Equal((2L, 0L), (kernel.Read(server.Endpoint).Traffic.Requests, kernel.Read(server.Endpoint).Rif));
    }

    /// <summary>Where it ends, only its length says, which the kernel does not read; so its silence does.</summary>
    [Fact]
    public void Download_IsLoadWhileItsBytesCome()
    {
        const string piece = "0123456789";
        using var server = new TestServer(kernel.NextAddress());
        var pair = Begin(server, $"HTTP/1.1 200 OK\r\nContent-Length: {Pieces * piece.Length}\r\n\r\n");
        var began = Stopwatch.GetTimestamp();
        Stream(pair, piece);
        AssertUnderWay(kernel.Read(server.Endpoint));
        var lasted = Stopwatch.GetElapsedTime(began);

        var over = Stopwatch.GetTimestamp();
        Assert.Equal(0, kernel.ReadUntil(server.Endpoint, e => e.Rif == 0).Rif);
        Assert.True(
            Stopwatch.GetElapsedTime(over) < lasted + TimeSpan.FromSeconds(1), $"load for {Stopwatch.GetElapsedTime(over)} after its end");
    }

    /// <summary>What is known of its bytes must not be taken for an answer's, which ends by its silence.</summary>
    [Fact]
    public void UploadThatTheServerGivesUp_IsNothingUnderWay()
    {
        const string head = "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n", more = "01234567890123456789";
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        RealTime.Pass(TimeSpan.FromMilliseconds(20));
        foreach (var part in new[] { head, more, more })
        {
            pair.Client.Write(part);
            pair.Server.Expect(part);
        }

        Assert.Equal((1L, 0L), (kernel.Read(server.Endpoint).Rif, kernel.Read(server.Endpoint).AnswersUnderWay));
        pair.Server.Shutdown(SocketShutdown.Send);
        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Unanswered == 1);
        Assert.Equal((1L, 0L, 0L), (read.Traffic.Unanswered, read.Rif, read.AnswersUnderWay));
    }

    [Fact]
    public void NextRequest_BehindAStream_IsTheOneInFlight()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Begin(server, Chunked);
        Stream(pair, Event);
        pair.Client.Write(ExchangeTests.Get);
        pair.Server.Expect(ExchangeTests.Get);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((1L, 0L), (read.Rif, read.AnswersUnderWay));
        Assert.InRange(read.OldestInFlight, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5));
        Send(pair, ExchangeTests.Ok);
        Assert.Equal((2L, 0L), (kernel.Read(server.Endpoint).Traffic.Requests, kernel.Read(server.Endpoint).Rif));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StreamThatEndsWithItsConnection_IsLoadNoLonger(bool serverEnds)
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = Begin(server, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        Stream(pair, "a line\n");
        AssertUnderWay(kernel.Read(server.Endpoint));
        if (serverEnds) pair.Server.Shutdown(SocketShutdown.Send);
        else pair.Server.Close(timeout: 0);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((0L, 1L, 0L), (read.Rif, read.Traffic.Requests, read.Traffic.Unanswered));
    }

    private static (Socket Client, Socket Server) Begin(TestServer server, string answer)
    {
        var pair = server.Pair();
        pair.Exchange(ExchangeTests.Get, answer);
        return pair;
    }

    private static void Stream((Socket Client, Socket Server) pair, string piece)
    {
        for (var i = 0; i < Pieces; i++)
        {
            Send(pair, piece);
            RealTime.Pass(TimeSpan.FromMilliseconds(5));
        }
    }

    private static void Send((Socket Client, Socket Server) pair, string text)
    {
        pair.Server.Write(text);
        pair.Client.Expect(text);
    }

    private static void AssertUnderWay(KernelEndpointCounters read, int requests = 1) =>
        Assert.Equal(
            (requests, 1L, 1L, TimeSpan.Zero), (read.Traffic.Requests, read.Rif, read.AnswersUnderWay, read.OldestInFlight));
}
