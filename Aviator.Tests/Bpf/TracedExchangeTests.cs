using Aviator.Agent.Bpf;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// The fallback by tracing hooks, with those of its entries that work on this kernel. It sees no bytes of requests, so it promises less:
/// HTTP/1 is measured, all else is unmeasured from the first answer on.
/// </summary>
[Collection(KernelCollection.Name)]
public sealed class TracedExchangeTests : IDisposable
{
    private const string Get = ExchangeTests.Get;
    private const string Ok = ExchangeTests.Ok;
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(20);
    private readonly KernelFixture _kernel = Open();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void KeepAliveAndNewConnections_Requests_EachCountedOnce()
    {
        using var server = new TestServer(_kernel.NextAddress());
        for (var i = 0; i < 20; i++)
        {
            var pair = server.Pair();
            for (var k = 0; k < 5; k++) pair.Exchange(Get, Ok);
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        AssertCounts(server, requests: 100, unmeasured: 0);
    }

    [Fact]
    public void Latency_OfASlowAnswer_MeasuredToTheAnswer()
    {
        using var server = new TestServer(_kernel.NextAddress());
        var took = server.Pair().Exchange(Get, Ok, ServerTime);
        AssertCounts(server, requests: 1, unmeasured: 0);
        Assert.InRange(_kernel.Read(server.Endpoint).Traffic.Latency.Quantile(0.5)!.Value, HistogramTolerance.Low(ServerTime),
            HistogramTolerance.High(took));
    }

    [Fact]
    [Trait("Catalogue", "26")]
    public void DeferredAccept_FirstRequest_MeasuredFromItsArrival()
    {
        using var server = new TestServer(_kernel.NextAddress(), s => s.SetRawSocketOption(6, 9, BitConverter.GetBytes(5)));
        var client = server.Connect();
        client.Write(Get);
        var accepted = server.Accept();
        accepted.Expect(Get);
        RealTime.Pass(ServerTime);
        accepted.Write(Ok);
        client.Expect(Ok);
        (client, accepted).Exchange(Get, Ok);
        AssertCounts(server, requests: 2, unmeasured: 0);
        Assert.True(_kernel.Read(server.Endpoint).Traffic.Latency.Quantile(1)!.Value >= HistogramTolerance.Low(ServerTime));
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public void InterimAnswersAndOtherProtocols_NeverLookFast()
    {
        using var server = new TestServer(_kernel.NextAddress());
        var http = server.Pair();
        http.Exchange("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n");
        http.Exchange("abc", "HTTP/1.1 503 Busy\r\n\r\n", ServerTime);
        Assert.True(_kernel.Read(server.Endpoint).Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime));

        var other = server.Pair();
        for (var i = 0; i < 3; i++) other.Exchange("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
        AssertCounts(server, requests: 1, unmeasured: 3);
        Assert.Equal(1, _kernel.Read(server.Endpoint).Traffic.ServerErrors);
    }

    [Fact]
    [Trait("Catalogue", "24")]
    public void HungPod_Request_IsInFlightThenAFailure()
    {
        using var server = new TestServer(_kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(Get);
        accepted.Expect(Get);
        Assert.Equal(1, _kernel.Read(server.Endpoint).Rif);

        accepted.Dispose();
        client.ExpectEnd();
        var read = _kernel.ReadUntil(server.Endpoint, e => e.Traffic.Unanswered == 1);
        Assert.Equal((1L, 1L, 0L), (read.Traffic.Unanswered, read.Traffic.Requests, read.Rif));
    }

    private static KernelFixture Open()
    {
        foreach (var hooks in HookSet.All.Where(h => !h.InSockets))
        {
            try
            {
                return new KernelFixture(new KernelCountersOptions { Hooks = [hooks.Name] });
            }
            catch (BpfUnavailableException)
            {
                // The next entry may work.
            }
        }

        Assert.Skip("No tracing hook works on this kernel.");
        throw new InvalidOperationException();
    }

    private void AssertCounts(TestServer server, int requests, int unmeasured)
    {
        var read = _kernel.Read(server.Endpoint);
        Assert.Equal((requests, unmeasured, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.Traffic.Unanswered, read.Rif));
    }
}
