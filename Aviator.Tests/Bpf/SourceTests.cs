using System.Net;
using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Whose connections count, and for how long.</summary>
[Collection(KernelCollection.Name)]
public sealed class SourceTests(KernelFixture kernel)
{
    private const string KubeletProbe =
        "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n";

    [Fact]
    public void Address_OfNoInterest_NotCounted()
    {
        var address = IPAddress.Parse("127.97.3.1");
        using var server = new TestServer(address);
        var accepted = kernel.Counters.Health().Accepted;
        server.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.DoesNotContain(kernel.Counters.Read(), e => e.Address.Equals(address));
        Assert.Equal(accepted, kernel.Counters.Health().Accepted);
    }

    [Fact]
    [Trait("Catalogue", "25")]
    public void KubeletProbes_FromTheNode_CountedApart()
    {
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 5; i++) server.Pair(new IPEndPoint(KernelFixture.NodeAddress, 0)).Exchange(KubeletProbe, ExchangeTests.Ok);
        AssertCounts(server, requests: 0, nodeProbes: 5, ownProbes: 0);
    }

    [Fact]
    [Trait("Catalogue", "25")]
    public void OwnProbes_FromTheNode_CountedApart()
    {
        using var server = new TestServer(kernel.NextAddress());
        for (var port = 61000; port < 61003; port++)
            server.Pair(new IPEndPoint(KernelFixture.NodeAddress, port)).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        AssertCounts(server, requests: 0, nodeProbes: 0, ownProbes: 3);
    }

    [Fact]
    public void OtherRequests_FromTheNode_AreTraffic()
    {
        // Through a NodePort or from the host's network real traffic comes from the node's own addresses too.
        using var server = new TestServer(kernel.NextAddress());
        server.Pair(new IPEndPoint(KernelFixture.NodeAddress, 0)).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        AssertCounts(server, requests: 1, nodeProbes: 0, ownProbes: 0);
    }

    [Theory]
    [InlineData("Host: kube-prometheus-stack:9090")]
    [InlineData("Host: web\r\nUser-Agent: kube-state-metrics/2.13")]
    [InlineData("Host: web\r\nUser-Agent: kube-prober/1.0")]
    [InlineData("Host: web\r\nReferer: http://kube-probe/1")]
    public void NamesThatResembleTheKubelets_FromTheNode_AreTraffic(string headers)
    {
        using var server = new TestServer(kernel.NextAddress());
        server.Pair(new IPEndPoint(KernelFixture.NodeAddress, 0)).Exchange($"GET / HTTP/1.1\r\n{headers}\r\n\r\n", ExchangeTests.Ok);
        AssertCounts(server, requests: 1, nodeProbes: 0, ownProbes: 0);
    }

    [Fact]
    [Trait("Catalogue", "26")]
    public void DeferredAccept_FromTheNode_FirstExchangeLeftOutAndTheNextJudgedByItsBytes()
    {
        using var server = new TestServer(kernel.NextAddress(), s =>
            s.SetRawSocketOption(6, 9, BitConverter.GetBytes(5))); // TCP_DEFER_ACCEPT
        var client = server.Connect(new IPEndPoint(KernelFixture.NodeAddress, 0));
        client.Write(ExchangeTests.Get);
        var accepted = server.Accept();
        accepted.Expect(ExchangeTests.Get);
        accepted.Write(ExchangeTests.Ok);
        client.Expect(ExchangeTests.Ok);
        (client, accepted).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((1L, 1L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.NodeProbes, read.Rif));
    }

    [Fact]
    public void KubeletsUserAgent_FromElsewhere_IsTraffic()
    {
        using var server = new TestServer(kernel.NextAddress());
        server.Pair().Exchange(KubeletProbe, ExchangeTests.Ok);
        AssertCounts(server, requests: 1, nodeProbes: 0, ownProbes: 0);
    }

    /// <summary>A pod may listen on many ports; those that no policy asks for take no room from the next pod.</summary>
    [Fact]
    public void Endpoints_Listed_OtherPortsOfThePodTakeNoRoom()
    {
        var options = new KernelCountersOptions { MeasureLoopback = true, MaxEndpoints = 3 };
        using var counters = KernelCounters.Open(options, NullLogger.Instance);
        var (pod, next) = (IPAddress.Parse("127.97.3.6"), IPAddress.Parse("127.97.3.7"));
        using var wanted = new TestServer(pod);
        using var wantedNext = new TestServer(next);
        counters.SetEndpoints([wanted.Endpoint, wantedNext.Endpoint]);
        var before = counters.Health().Accepted;
        for (var i = 0; i < 8; i++)
        {
            using var other = new TestServer(pod);
            other.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        }

        wanted.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        wantedNext.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Equal(
            [(pod, wanted.Endpoint.Port, 1L), (next, wantedNext.Endpoint.Port, 1L)],
            counters.Read().OrderBy(row => row.Address.ToString(), StringComparer.Ordinal)
                .Select(row => (row.Address, row.Port, row.Traffic.Requests)));
        var health = counters.Health();
        Assert.Equal((2L, 0L, true), (health.Accepted - before, health.ConnectionsWithoutEndpoint, counters.IsFlowing()));
    }

    [Fact]
    public void Endpoints_FillTheMap_TheSelfTestHasRoomLeft()
    {
        var options = new KernelCountersOptions { MeasureLoopback = true, MaxEndpoints = 3 };
        using var counters = KernelCounters.Open(options, NullLogger.Instance);
        var pods = Enumerable.Range(1, 3).Select(i => new IPEndPoint(IPAddress.Parse("127.97.3.8"), i)).ToList();
        counters.SetEndpoints(pods);
        Assert.True(counters.IsFlowing());
        Assert.Equal(3, counters.Read().Count);
        Assert.Throws<InvalidOperationException>(() => counters.SetEndpoints([.. pods, new IPEndPoint(pods[0].Address, 4)]));
    }

    /// <summary>A policy that is deleted and applied again: a kept-alive connection counts from its next request on.</summary>
    [Fact]
    public void Endpoints_LeaveTheListAndComeBack_KeptConnectionsCountAgainFromZero()
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true }, NullLogger.Instance);
        using var server = new TestServer(IPAddress.Parse("127.97.3.9"));
        counters.SetEndpoints([server.Endpoint]);
        var pair = server.Pair();
        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        counters.SetEndpoints([]);
        pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Empty(counters.Read());
        counters.SetEndpoints([server.Endpoint]);
        for (var i = 0; i < 3; i++) pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Equal(3, Assert.Single(counters.Read()).Traffic.Requests);
    }

    [Fact]
    public void Loopback_WithoutTheTestsOption_NotCounted()
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions(), NullLogger.Instance);
        var address = IPAddress.Parse("127.97.3.2");
        counters.SetInterest([address]);
        using var server = new TestServer(address);
        server.Pair(new IPEndPoint(address, 0)).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Empty(counters.Read());

        server.Pair(new IPEndPoint(IPAddress.Parse("127.97.3.3"), 0)).Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Equal(1, Assert.Single(counters.Read()).Traffic.Requests);
    }

    [Fact]
    public void Interest_Withdrawn_CountersAreRemovedAndOldConnectionsCountNowhere()
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true }, NullLogger.Instance);
        var (kept, dropped) = (IPAddress.Parse("127.97.3.4"), IPAddress.Parse("127.97.3.5"));
        counters.SetInterest([kept, dropped]);
        using var keptServer = new TestServer(kept);
        using var droppedServer = new TestServer(dropped);
        var keptPair = keptServer.Pair();
        var droppedPair = droppedServer.Pair();
        keptPair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        droppedPair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        Assert.Equal(2, counters.Read().Count);

        counters.SetInterest([kept]);
        droppedPair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        keptPair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        var left = Assert.Single(counters.Read());
        Assert.Equal((kept, 2L), (left.Address, left.Traffic.Requests));
    }

    [Fact]
    public void Endpoints_MoreThanTheMapHolds_LossIsReported()
    {
        // The map has one row more, for the self-test; here it is taken as well.
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true, MaxEndpoints = 1 },
            NullLogger.Instance);
        var address = IPAddress.Parse("127.97.3.6");
        counters.SetInterest([address]);
        var before = counters.Health().Accepted; // the self-test's
        for (var i = 0; i < 4; i++)
        {
            using var server = new TestServer(address);
            server.Pair().Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        }

        var health = counters.Health();
        Assert.Equal((2, 4L, 2L), (counters.Read().Count, health.Accepted - before, health.ConnectionsWithoutEndpoint));
    }

    private void AssertCounts(TestServer server, int requests, int nodeProbes, int ownProbes)
    {
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((requests, nodeProbes, ownProbes, 0L),
            (read.Traffic.Requests, read.NodeProbes, read.OwnProbes, read.Traffic.Unmeasured));
    }
}
