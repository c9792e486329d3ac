using System.Diagnostics;
using System.Net.Sockets;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// Requests that get no answer: visible while they wait, a failure when their connection ends, never left over. By every way of reading
/// them that this kernel has.
/// </summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "24")]
public sealed class UnansweredTests
{
    public static TheoryData<string, string> Endings =>
        [.. from reader in InFlightReader.All from how in (string[])["the server closes", "the server resets"]
            select (reader.Data, how)];

    public static TheoryData<string, string> Abandonings =>
        [.. from reader in InFlightReader.All from how in (string[])["the client resets", "the client closes"]
            select (reader.Data, how)];

    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void HungPod_Request_IsInFlightAndAges(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var hung = server.Pair();
        hung.Client.Write(ExchangeTests.Get);
        server.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);

        var read = kernel.ReadUntil(server.Endpoint, e => e.OldestInFlight > TimeSpan.FromMilliseconds(100));
        Assert.Equal((1L, 1L), (read.Rif, read.Traffic.Requests));
        Assert.True(read.OldestInFlight > TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void ConnectionEnds_RequestOpen_IsAFailureAndASampleAtItsAge(string reader, string how)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        var began = Stopwatch.StartNew();
        client.Write(ExchangeTests.Get);
        accepted.Expect(ExchangeTests.Get);
        RealTime.Pass(TimeSpan.FromMilliseconds(50));
        if (how == "the server resets") accepted.LingerState = new LingerOption(true, 0);
        accepted.Dispose();

        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Unanswered == 1);
        var took = began.Elapsed;
        Assert.Equal((1L, 1L, 0L), (read.Traffic.Unanswered, read.Traffic.Requests, read.Rif));
        Assert.InRange(read.Traffic.Latency.Quantile(0.5)!.Value, HistogramTolerance.Low(TimeSpan.FromMilliseconds(50)),
            HistogramTolerance.High(took));
    }

    /// <summary>The answer would have taken at least so long; that is no failure, and no sample.</summary>
    [Theory]
    [MemberData(nameof(Abandonings))]
    public void ClientGivesUp_RequestOpen_IsNoFailureAndApartAtItsAge(string reader, string how)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        var began = Stopwatch.StartNew();
        client.Write(ExchangeTests.Get);
        accepted.Expect(ExchangeTests.Get);
        RealTime.Pass(TimeSpan.FromMilliseconds(50));
        if (how == "the client resets") client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        if (how == "the client closes") accepted.ExpectEnd();
        accepted.Dispose();

        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Abandoned.Count == 1);
        Assert.Equal((1L, 1L, 0L, 0L, 0L),
            (read.Traffic.Abandoned.Count, read.Traffic.Requests, read.Traffic.Latency.Count, read.Traffic.Unanswered, read.Rif));
        Assert.InRange(read.Traffic.Abandoned.Quantile(0.5)!.Value, HistogramTolerance.Low(TimeSpan.FromMilliseconds(50)),
            HistogramTolerance.High(began.Elapsed));
    }

    /// <summary>A server that never looks whether its client is still there answers all the same: that is a sample.</summary>
    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void ClientGaveUp_ServerAnswersAllTheSame_IsAnAnswer(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(ExchangeTests.Get);
        accepted.Expect(ExchangeTests.Get);
        client.Dispose();
        accepted.Write(ExchangeTests.Ok);
        accepted.Dispose();

        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Requests == 1);
        Assert.Equal((1L, 0L, 0L, 0L),
            (read.Traffic.Latency.Count, read.Traffic.Abandoned.Count, read.Traffic.Unanswered, read.Rif));
    }

    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void IdleConnectionThatTheServerClosed_RequestCrossesTheEnd_IsNoFailure(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        pair.Server.Dispose();
        pair.Client.Write(ExchangeTests.Get);

        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Abandoned.Count == 1);
        Assert.Equal((1L, 1L, 0L, 0L),
            (read.Traffic.Abandoned.Count, read.Traffic.Latency.Count, read.Traffic.Unanswered, read.Rif));
    }

    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void HalfClosedClient_AnsweredLater_IsAnAnswer(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(ExchangeTests.Get);
        client.Shutdown(SocketShutdown.Send);
        accepted.Expect(ExchangeTests.Get);
        accepted.ExpectEnd();
        Assert.Equal(1, kernel.Read(server.Endpoint).Rif);

        accepted.Write(ExchangeTests.Ok);
        client.Expect(ExchangeTests.Ok);
        accepted.Dispose();
        client.ExpectEnd();
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((1L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unanswered, read.Rif));
    }

    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void AnswerThenClose_InOneSegment_IsAnAnswer(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 20; i++)
        {
            var (client, accepted) = server.Pair();
            client.Write(ExchangeTests.Get);
            accepted.Expect(ExchangeTests.Get);
            accepted.SetRawSocketOption(6, 3, BitConverter.GetBytes(1)); // TCP_CORK: the answer leaves at the close
            accepted.Write(ExchangeTests.Ok);
            accepted.Dispose();
            client.Expect(ExchangeTests.Ok);
            client.ExpectEnd();
        }

        var read = kernel.Read(server.Endpoint);
        Assert.Equal((20L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unanswered, read.Rif));
    }
}
