using System.Net;
using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <summary>Connections that are older than the interest in them: an agent that starts again, a policy for pods at work.</summary>
[Collection(KernelCollection.Name)]
public sealed class AdoptionTests : IDisposable
{
    private const string Get = ExchangeTests.Get;
    private const string Ok = ExchangeTests.Ok;
    private static readonly IPAddress Pod = IPAddress.Parse("127.97.5.1");
    private readonly KernelCounters _counters =
        KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true, Hooks = ["sockops+cgroup_skb"] }, NullLogger.Instance);

    public void Dispose() => _counters.Dispose();

    [Fact]
    public void KeptAliveConnection_OlderThanTheInterest_MeasuredFromItsNextRequestOn()
    {
        using var server = new TestServer(Pod);
        var pair = server.Pair();
        pair.Exchange(Get, Ok);
        _counters.SetInterest([Pod]);
        for (var i = 0; i < 5; i++) pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 5, unmeasured: 0);
    }

    /// <summary>Go's servers listen for Multipath TCP by default since 1.24; most clients do not speak it.</summary>
    [Fact]
    public void KeptAliveConnection_OfAServerThatListensForMultipath_IsTakenUp()
    {
        using var server = TestServer.ForMultipath(Pod);
        Assert.SkipWhen(server is null, "This kernel has no Multipath TCP.");
        var pair = server.Pair();
        pair.Exchange(Get, Ok);
        _counters.SetInterest([Pod]);
        for (var i = 0; i < 5; i++) pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 5, unmeasured: 0);
    }

    [Fact]
    public void RequestUnderWay_AtTheTakeUp_IsLeftOutAndTheNextMeasured()
    {
        using var server = new TestServer(Pod);
        var pair = server.Pair();
        pair.Client.Write(Get);
        pair.Server.Expect(Get);
        _counters.SetInterest([Pod]);
        pair.Server.Write(Ok);
        pair.Client.Expect(Ok);
        pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 1, unmeasured: 0);
    }

    /// <summary>Nobody reports the end of such a connection, so a walk shows what it has in flight.</summary>
    [Theory]
    [InlineData(ConnectionWalk.BySocketStorage)]
    [InlineData(ConnectionWalk.ByFile)]
    public void HungPod_OnAConnectionTakenUp_IsInFlightAndLeavesNothing(string walk)
    {
        using var counters = Open(walk);
        Assert.SkipWhen(counters.Health().Walk is null, $"This kernel refuses the walk {walk}.");
        using var server = new TestServer(Pod);
        var pair = server.Pair();
        pair.Exchange(Get, Ok);
        counters.SetInterest([Pod]);
        pair.Client.Write(Get);
        pair.Server.Expect(Get);
        var read = Assert.Single(counters.Read());
        Assert.Equal((1L, 1, true), (read.Rif, read.Connections, counters.Health().CanReadInFlight));

        pair.Client.LingerState = new(true, 0);
        pair.Client.Dispose();
        pair.Server.Dispose();
        read = Assert.Single(counters.Read());
        Assert.Equal((0L, 0), (read.Rif, read.Connections));
    }

    [Fact]
    public void TakenUp_WithoutAnyWalk_IsMeasuredAndTheGapIsSaid()
    {
        using var counters = Open();
        using var server = new TestServer(Pod);
        var pair = server.Pair();
        pair.Exchange(Get, Ok);
        counters.SetInterest([Pod]);
        pair.Exchange(Get, Ok);
        Assert.Equal((1L, false), (Assert.Single(counters.Read()).Traffic.Requests, counters.Health().CanReadInFlight));
    }

    [Fact]
    public void InterestThatCameBack_KeptAliveConnection_IsMeasuredAgain()
    {
        using var server = new TestServer(Pod);
        _counters.SetInterest([Pod]);
        var pair = server.Pair();
        pair.Exchange(Get, Ok);
        _counters.SetInterest([]);
        pair.Exchange(Get, Ok);
        _counters.SetInterest([Pod]);
        pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 1, unmeasured: 0);
        pair.Client.Write(Get);
        pair.Server.Expect(Get);
        Assert.Equal(1, Assert.Single(_counters.Read()).Rif);
    }

    [Fact]
    public void UploadUnderWay_AtTheTakeUp_DoesNotSpoilTheConnection()
    {
        using var server = new TestServer(Pod);
        var pair = server.Pair();
        pair.Client.Write("POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\nabcd");
        pair.Server.Expect("POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\nabcd");
        _counters.SetInterest([Pod]);
        pair.Exchange("efgh", Ok);
        pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 1, unmeasured: 1);
    }

    /// <summary>As every gRPC connection to a pod when its node's agent is replaced; they last for days.</summary>
    [Fact]
    public void Http2_OlderThanTheInterest_IsMeasuredFromTheCallBehindItsNextAnswerOn()
    {
        using var server = new TestServer(Pod);
        var (client, accepted) = server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3), .. Request(5)]);
        _counters.SetInterest([Pod]);
        Send(accepted, client, [.. Answer(3, 0, Status200), .. Frame(Data, EndStream, 3, 1, 2, 3)]);
        Send(client, accepted, [.. Request(7), .. Request(9)]);
        Assert.Equal(2, Assert.Single(_counters.Read()).Rif);
        Send(accepted, client, [.. Answer(1, EndStream, Status200), .. Answer(9, EndStream, Status500)]);
        Send(accepted, client, Answer(7, EndStream, Status200));
        // Of those that were under way, the one whose number lies between what was seen of either side.
        AssertCounts(server, requests: 2, unmeasured: 1, serverErrors: 1);
    }

    /// <summary>What stands in the server's table is not known, so a status that is told from there is not known either.</summary>
    [Fact]
    public void Http2_OlderThanTheInterest_StatusFromTheTable_IsUnmeasured()
    {
        using var server = new TestServer(Pod);
        var (client, accepted) = server.Http2Pair();
        _counters.SetInterest([Pod]);
        Send(client, accepted, Request(1));
        Send(accepted, client, Answer(1, EndStream, Status200));
        Send(client, accepted, Request(3));
        Send(accepted, client, Answer(3, EndStream, Newest));
        AssertCounts(server, requests: 0, unmeasured: 2);
    }

    [Fact]
    [Trait("Catalogue", "12")]
    public void ClientSocket_OfAnAddressOfInterest_IsNotTakenUp()
    {
        using var server = new TestServer(IPAddress.Parse("127.97.5.2"));
        var pair = server.Pair(new IPEndPoint(Pod, 0));
        _counters.SetInterest([Pod]);
        pair.Exchange(Get, Ok);
        Assert.Empty(_counters.Read());
    }

    [Fact]
    public void DualModeAndOtherNamespaces_AreTakenUpToo()
    {
        using var network = new TestNetwork();
        using var server = network.Run(() => new TestServer(Pod, dualMode: true));
        var pair = network.Run(() => server.Pair());
        _counters.SetInterest([Pod]);
        pair.Exchange(Get, Ok);
        AssertCounts(server, requests: 1, unmeasured: 0);
    }

    /// <summary>With these walks and no others.</summary>
    private static KernelCounters Open(params string[] walks) => KernelCounters.Open(
        new KernelCountersOptions { MeasureLoopback = true, Hooks = ["sockops+cgroup_skb"], Walks = walks }, NullLogger.Instance);

    private void AssertCounts(TestServer server, int requests, int unmeasured, int serverErrors = 0)
    {
        var read = Assert.Single(_counters.Read());
        Assert.Equal((server.Endpoint.Port, requests, unmeasured, serverErrors, 0L, 0L), (read.Port, read.Traffic.Requests,
            read.Traffic.Unmeasured, read.Traffic.ServerErrors, read.Traffic.Unanswered, read.Rif));
    }
}
