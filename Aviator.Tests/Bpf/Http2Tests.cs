using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <summary>HTTP/2 in the clear, call by call, with both sides' bytes by hand.</summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "28")]
public sealed partial class Http2Tests(KernelFixture kernel) : IDisposable
{
    private const byte FieldForStatus = 0x48; // a literal that goes into the table, named as static entry 8
    private const int NoError = 0, InternalError = 2, Cancel = 8;
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(30);
    private static readonly byte[] GrpcHeaders = [Status200, .. Inserted("content-type", "application/grpc")];
    private readonly TestServer _server = new(kernel.NextAddress());

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Call_HeadersInToHeadersOut_IsItsLatency()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, Request(1));
        Assert.Equal(1, Read().Rif);
        RealTime.Pass(ServerTime);
        Send(accepted, client, [.. Answer(1, 0, Status200), .. Frame(Data, EndStream, 1, 1, 2, 3)]);
        AssertCounts(requests: 1);
        Assert.True(Read().Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime));
    }

    [Fact]
    public void OtherFrames_BothWays_AreNoCalls()
    {
        var (client, accepted) = _server.Http2Pair();
        byte[] others =
        [
            .. Frame(Ping, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), .. Frame(Settings, 0, 0, 0, 4, 0, 1, 0, 0),
            .. Frame(WindowUpdate, 0, 0, 0, 0, 1, 0), .. Frame(Priority, 0, 3, 0, 0, 0, 0, 16), .. Frame(0xbb, 0xff, 7, 1, 2, 3),
        ];
        for (var i = 0; i < 3; i++)
        {
            Send(client, accepted, others);
            Send(accepted, client, others);
        }

        AssertCounts();
    }

    [Fact]
    public void ServerSpeaksFirst_ItsSettings_CallsAreMeasured()
    {
        var (client, accepted) = _server.Pair();
        Send(accepted, client, ServerPreface);
        Send(client, accepted, [.. Preface, .. Request(1)]);
        Send(accepted, client, Answer(1, EndStream, Status200));
        AssertCounts(requests: 1);
    }

    [Fact]
    public void InterimAnswer_BeforeTheFinalOne_Passes()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, 0, [FieldForStatus, 3, .. "103"u8]));
        Send(accepted, client, Answer(1, 0, Newest)); // 103 again, from the table
        Assert.Equal((0L, 1L), (Read().Traffic.Requests, Read().Rif));
        RealTime.Pass(ServerTime);
        Send(accepted, client, Answer(1, EndStream, Status200));
        AssertCounts(requests: 1);
        Assert.True(Read().Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime));
    }

    [Fact]
    public void Frames_ByteByByte_AreRead()
    {
        var (client, accepted) = _server.Http2Pair();
        foreach (var b in (byte[])[.. Frame(Ping, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), .. Request(1), .. Request(3)]) Send(client, accepted, [b]);
        Assert.Equal(2, Read().Rif);
        byte[] answers =
        [
            .. Answer(1, 0, [.. GrpcHeaders, .. Inserted("server", "by hand")]), .. Frame(Data, 0, 1, 1, 2, 3),
            .. Answer(1, EndStream, Inserted("grpc-status", "13")), .. Answer(3, EndStream, Status500),
        ];
        foreach (var b in answers) Send(accepted, client, [b]);
        var read = Read();
        Assert.Equal((2L, 2L, 0L), (read.Traffic.Requests, read.Traffic.ServerErrors, read.Rif));
    }

    /// <summary>A connection's first bytes tell what it speaks, and fewer than sixteen do not tell HTTP/2.</summary>
    [Fact]
    public void Preface_InPieces_ConnectionIsOpaque()
    {
        var (client, accepted) = _server.Pair();
        foreach (var b in Preface) Send(client, accepted, [b]);
        Send(accepted, client, ServerPreface);
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, EndStream, Status200));
        var read = Read();
        Assert.Equal((0L, 0L), (read.Traffic.Requests, read.Rif));
        Assert.True(read.Traffic.Unmeasured > 0);
    }

    [Fact]
    public void PaddingPriorityAndContinuation_BothWays_AreRead()
    {
        var (client, accepted) = _server.Http2Pair();
        const byte all = EndHeaders | Padded | HasPriority;
        byte[] padding = [0, 0, 0];
        Send(client, accepted, Frame(Headers, all | EndStream, 1, [3, 0, 0, 0, 0, 15, 0x82, 0x86, 0x84, .. padding]));
        Send(client, accepted, [.. Frame(Headers, EndStream, 3, 0x82, 0x86), .. Frame(Continuation, EndHeaders, 3, 0x84)]);
        Send(client, accepted, Request(5));
        Assert.Equal(3, Read().Rif);
        Send(accepted, client, Frame(Headers, all, 1, [3, 0, 0, 0, 0, 15, Status200, .. padding]));
        Send(accepted, client, Frame(Data, EndStream | Padded, 1, [3, 1, 2, .. padding]));
        Send(accepted, client, Frame(Headers, EndHeaders | Padded, 5, [3, Status200, .. padding]));
        Send(accepted, client, [.. Frame(Headers, EndStream, 3, Status500, 0x40), .. Frame(Continuation, EndHeaders, 3, 1, 97, 1, 98)]);
        Send(accepted, client, Frame(Data, EndStream, 5));
        AssertCounts(requests: 3, serverErrors: 1);
    }

    [Fact]
    public void Status_InAllForms_IsRead()
    {
        var (client, accepted) = _server.Http2Pair();
        byte[][] good =
        [
            [Status200], [0x89], [0x8d], [0x08, 3, .. "429"u8], [FieldForStatus, 0x82, 0x64, 0x02], [0x3f, 0xe1, 0x1f, Status200],
        ]; // 200 204 404 429 302 200
        byte[][] failed = [[Status500], [0x08, 3, .. "503"u8], [0x18, 3, .. "502"u8], [FieldForStatus, 0x83, 0x6c, 0x0c, 0xff], [Newest]];
        var stream = -1;
        foreach (var block in good.Concat(failed))
        {
            stream += 2;
            Send(client, accepted, Request(stream));
            Send(accepted, client, Answer(stream, EndStream, block));
        }

        AssertCounts(good.Length + failed.Length, serverErrors: failed.Length);
        Assert.Equal((new StatusCounts(3, 1, 2, 0), 0L), (Read().Traffic.Statuses, Read().Traffic.WithoutStatus));
    }

    [Fact]
    public void Status_OutOfSight_IsUnmeasured()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, EndStream, Newest)); // nothing was put into the table
        AssertCounts(unmeasured: 1);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("5", 0)] // NOT_FOUND: the caller's
    [InlineData("2", 1)]
    [InlineData("13", 1)]
    [InlineData("14", 1)]
    [InlineData("16", 0)]
    public void GrpcStatus_InTrailersAndAlone_TellsFailures(string status, int failures)
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3), .. Request(5)]);
        Send(accepted, client, [.. Answer(1, 0, GrpcHeaders), .. Frame(Data, 0, 1, 0, 0, 0, 0, 0)]);
        Send(accepted, client, Answer(1, EndStream, [.. Inserted("grpc-status", status), .. Inserted("grpc-message", "why")]));
        Send(accepted, client, Answer(3, 0, Status200)); // the same from the table, where one field came behind it
        Send(accepted, client, Answer(3, EndStream, Newest + 1));
        // Trailers only, the name from the table.
        Send(accepted, client, Answer(5, EndStream, [Status200, 0x0f, 63 - 15, (byte)status.Length, .. status.Select(c => (byte)c)]));
        AssertCounts(requests: 3, serverErrors: 3 * failures);
    }

    [Fact]
    public void GrpcStatus_InHuffmansCode_TellsFailures()
    {
        var (client, accepted) = _server.Http2Pair();
        byte[] name = [0x00, 0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f];
        // 0, 3, 2, 13, 16, 12
        byte[][] values = [[0x81, 0x07], [0x81, 0x67], [0x81, 0x17], [0x82, 0x0b, 0x3f], [0x82, 0x0b, 0x9f], [0x82, 0x08, 0xbf]];
        for (var i = 0; i < values.Length; i++)
        {
            Send(client, accepted, Request(1 + (2 * i)));
            Send(accepted, client, Answer(1 + (2 * i), EndStream, [Status200, .. name, .. values[i]]));
        }

        AssertCounts(values.Length, serverErrors: 3);
    }

    [Fact]
    public void Streaming_UntilEndStream_IsLoadButNoRequestWithoutAnswer()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, 0, GrpcHeaders));
        RealTime.Pass(ServerTime);
        for (var i = 0; i < 3; i++)
        {
            Send(accepted, client, Frame(Data, 0, 1, 1, 2, 3));
            Assert.Equal((1L, 1L, TimeSpan.Zero), (Read().Traffic.Requests, Read().Rif, Read().OldestInFlight));
        }

        Send(client, accepted, Frame(Data, EndStream, 1, 1, 2, 3)); // the client's end is not the call's
        Assert.Equal(1, Read().Rif);
        Send(accepted, client, Frame(Data, EndStream, 1));
        AssertCounts(requests: 1);
    }

    [Fact]
    public void Oldest_OfSeveralCalls_IsTheOneThatWaitsLongest()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, Request(1));
        RealTime.Pass(TimeSpan.FromMilliseconds(200));
        Send(client, accepted, [.. Request(3), .. Request(5)]);
        var read = Read();
        Assert.Equal(3, read.Rif);
        Assert.True(read.OldestInFlight >= TimeSpan.FromMilliseconds(200), $"{read.OldestInFlight}");
        Send(accepted, client, Answer(1, EndStream, Status200));
        var next = Read();
        Assert.Equal(2, next.Rif);
        Assert.True(next.OldestInFlight < read.OldestInFlight, $"{read.OldestInFlight}, then {next.OldestInFlight}");
        Send(accepted, client, [.. Answer(5, EndStream, Status200), .. Answer(3, EndStream, Status200)]);
        AssertCounts(requests: 3);
    }

    /// <summary>As of a pool that gives up what its server pushes.</summary>
    [Fact]
    public void FramesOnStreamsThatTheServerBegins_AndPriorities_AreRead()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Frame(RstStream, 0, 2, 0, 0, 0, 8), .. Frame(WindowUpdate, 0, 4, 0, 0, 0, 8)]);
        Send(client, accepted, [.. Frame(Priority, 0, 11, 0, 0, 0, 0, 15), .. Request(3)]);
        Assert.Equal(2, Read().Rif);
        Send(accepted, client, [.. Answer(1, EndStream, Status200), .. Answer(3, EndStream, Status200)]);
        AssertCounts(requests: 2);
    }

    [Fact]
    public void Upgrade_ToH2c_FirstStreamIsTheUpgradingRequest()
    {
        var pair = _server.Pair();
        const string request = "GET / HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
            "HTTP2-Settings: AAMAAABk\r\n\r\n";
        pair.Client.Write(request);
        pair.Server.Expect(request);
        const string answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
        Send(pair.Server, pair.Client, [.. answer.Select(c => (byte)c), .. Frame(Settings, 0, 0)]);
        Send(pair.Client, pair.Server, Preface);
        Assert.Equal((0L, 1L), (Read().Traffic.Requests, Read().Rif));
        RealTime.Pass(ServerTime);
        Send(pair.Server, pair.Client, Answer(1, EndStream, Status200));
        Send(pair.Client, pair.Server, Request(3));
        Send(pair.Server, pair.Client, Answer(3, EndStream, Status500));
        AssertCounts(requests: 2, serverErrors: 1);
        Assert.True(Read().Traffic.Latency.Quantile(1)!.Value >= HistogramTolerance.Low(ServerTime));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void KubeletsGrpcProbe_FromTheNode_IsCountedApart(bool coded)
    {
        byte[] agent = coded ? [0x8a, 0xeb, 0x6c, 0x65, 0x5a, 0xbb, 0x0f, 0x19, 0x58, 0x0b, 0x7f] : [15, .. "kube-probe/1.36"u8];
        var (client, accepted) = _server.Http2Pair(new IPEndPoint(KernelFixture.NodeAddress, 0));
        Send(client, accepted, Answer(1, EndStream, [0x83, 0x86, 0x84, 0x0f, 58 - 15, .. agent]));
        Send(accepted, client, Answer(1, EndStream, Status200));
        var read = Read();
        Assert.Equal((0L, 0L, 1L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.NodeProbes, read.Rif));
    }

    [Fact]
    public void OtherCalls_FromTheNode_AreTraffic()
    {
        var (client, accepted) = _server.Http2Pair(new IPEndPoint(KernelFixture.NodeAddress, 0));
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, EndStream, Status200));
        AssertCounts(requests: 1);
    }

    private KernelEndpointCounters Read() => kernel.Read(_server.Endpoint);

    /// <summary>So much was counted, and nothing is left in flight.</summary>
    private void AssertCounts(int requests = 0, int unmeasured = 0, int unanswered = 0, int serverErrors = 0, int abandoned = 0)
    {
        var read = Read();
        Assert.Equal((requests, abandoned, unmeasured, unanswered, serverErrors, 0L, TimeSpan.Zero),
            (read.Traffic.Requests, read.Traffic.Abandoned.Count, read.Traffic.Unmeasured, read.Traffic.Unanswered,
                read.Traffic.ServerErrors, read.Rif,
                read.OldestInFlight));
    }
}
