using System.Net;
using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <summary>
/// A row of counters that goes from one endpoint to the next: connections of the first one that live on count neither in the next one's nor
/// anywhere else, until their own is of interest again.
/// </summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "28")]
public sealed class CounterRowTests : IDisposable
{
    private readonly KernelCounters _counters = KernelCounters.Open(
        new KernelCountersOptions { MeasureLoopback = true, MaxEndpoints = 1 }, NullLogger.Instance);

    private readonly TestServer _first = new(IPAddress.Parse("127.97.6.1"));
    private readonly TestServer _next = new(IPAddress.Parse("127.97.6.2"));

    public void Dispose()
    {
        _first.Dispose();
        _next.Dispose();
        _counters.Dispose();
    }

    [Fact]
    public void Http1Connection_ItsRowIsAnothers_CountsNowhereUntilItsEndpointComesBack()
    {
        _counters.SetEndpoints([_first.Endpoint]);
        var pair = _first.Pair();
        AssertCountsNowhereMeanwhile(() => pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok));
    }

    [Fact]
    public void Http2Connection_ItsRowIsAnothers_CountsNowhereUntilItsEndpointComesBack()
    {
        _counters.SetEndpoints([_first.Endpoint]);
        var (client, server) = _first.Http2Pair();
        var stream = 1;
        AssertCountsNowhereMeanwhile(() =>
        {
            Send(client, server, Request(stream));
            Send(server, client, Answer(stream, EndStream, Status200));
            stream += 2;
        });
    }

    [Fact]
    public void ConnectionsEnd_TheirRowIsAnothers_TheirOpenRequestsCountNowhere()
    {
        _counters.SetEndpoints([_first.Endpoint]);
        var (client, server) = _first.Http2Pair();
        Send(client, server, Request(1));
        var pair = _first.Pair();
        pair.Client.Write(ExchangeTests.Get);
        pair.Server.Expect(ExchangeTests.Get);
        _counters.SetEndpoints([_next.Endpoint]);
        foreach (var socket in new[] { server, pair.Server, client, pair.Client }) socket.Dispose();
        _next.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        var read = Assert.Single(_counters.Read());
        Assert.Equal((_next.Endpoint.Address, 1L, 0L, 0L),
            (read.Address, read.Traffic.Requests, read.Traffic.Unanswered, read.Traffic.Abandoned.Count));
    }

    private void AssertCountsNowhereMeanwhile(Action exchange)
    {
        exchange();
        _counters.SetEndpoints([_next.Endpoint]);
        exchange();
        var read = Assert.Single(_counters.Read());
        Assert.Equal((_next.Endpoint.Address, 0L, 0), (read.Address, read.Traffic.Requests, read.Connections));

        _counters.SetEndpoints([_first.Endpoint]);
        exchange();
        read = Assert.Single(_counters.Read());
        Assert.Equal((_first.Endpoint.Address, 1L), (read.Address, read.Traffic.Requests));
    }
}
