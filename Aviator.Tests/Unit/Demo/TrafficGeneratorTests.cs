using System.Net;
using System.Net.Sockets;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Unit.Demo;

/// <summary>What proves that nothing was lost must itself count every loss.</summary>
public sealed class TrafficGeneratorTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Pod-Name: a\r\n\r\nok";

    [Fact]
    public async Task OpenLoop_HealthyServer_HoldsItsRateOnNewConnections()
    {
        await using var server = RawServer.Answering(Ok);
        await using var load = TrafficGenerator.Start(new()
        {
            Target = server.EndPoint,
            RequestsPerSecond = 200,
            MaxDuration = TimeSpan.FromSeconds(1)
        });
        var all = await EndAsync(load);
        Assert.InRange(all.Count, 150, 201);
        Assert.Equal(all.Count, server.Connections);
        Assert.Equal(all.Count, all.ByPod["a"]);
        Assert.Empty(all.Failures);
    }

    [Fact]
    public async Task OpenLoop_SlowServer_SendsOnWhileAnswersWait()
    {
        await using var server = RawServer.Answering(Ok, TimeSpan.FromMilliseconds(400));
        await using var load = TrafficGenerator.Start(new() { Target = server.EndPoint, RequestsPerSecond = 100, MaxRequests = 60 });
        var all = await EndAsync(load);
        Assert.Equal(60, all.Count);
        Assert.True(all.Outcomes.Max(o => o.StartedAt) < TimeSpan.FromSeconds(2), "the slow answers held back later requests");
        Assert.InRange(all.PercentileMs(0.5), 395, 1500);
    }

    [Fact]
    public async Task ClosedLoop_KeepAlive_UsesOneConnectionPerClient()
    {
        await using var server = RawServer.Answering(Ok);
        await using var load = TrafficGenerator.Start(new()
        {
            Target = server.EndPoint,
            Connections = 3,
            KeepAlive = true,
            MaxRequests = 300
        });
        var all = await EndAsync(load);
        Assert.Equal(300, all.Count);
        Assert.Equal(3, server.Connections);
        Assert.Empty(all.Failures);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nX-Pod-Name: a\r\n\r\n", RequestFailure.ServerError)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Pod-Name: a\r\n\r\nshort", RequestFailure.Reset)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", RequestFailure.Reset)]
    [InlineData("", RequestFailure.Reset)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", RequestFailure.Malformed)]
    internal async Task AnyLoad_BadAnswer_IsCountedByKind(string answer, RequestFailure expected)
    {
        await using var server = RawServer.Answering(answer);
        await using var load = TrafficGenerator.Start(new() { Target = server.EndPoint, Connections = 1, MaxRequests = 3 });
        var all = await EndAsync(load);
        Assert.Equal(3, all.Count);
        Assert.All(all.Outcomes, o => Assert.Equal(expected, o.Failure));
    }

    [Fact]
    public async Task AnyLoad_ServerResets_IsCountedAsReset()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[10], stop);
            stream.Socket.LingerState = new LingerOption(true, 0);
        });
        await using var load = TrafficGenerator.Start(new() { Target = server.EndPoint, Connections = 1, MaxRequests = 3 });
        Assert.All((await EndAsync(load)).Outcomes, o => Assert.Equal(RequestFailure.Reset, o.Failure));
    }

    [Fact]
    public async Task AnyLoad_NobodyListens_IsCountedAsRefused()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var free = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();
        await using var load = TrafficGenerator.Start(new() { Target = free, Connections = 1, MaxRequests = 3 });
        var all = await EndAsync(load);
        Assert.All(all.Outcomes, o => Assert.Equal(RequestFailure.Refused, o.Failure));
        Assert.Contains("3 Refused", all.DescribeFailures(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyLoad_NoAnswer_TimesOutWithinItsLimit()
    {
        await using var server = new RawServer((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var load = TrafficGenerator.Start(new()
        {
            Target = server.EndPoint,
            Connections = 2,
            MaxRequests = 2,
            Timeout = TimeSpan.FromMilliseconds(200)
        });
        var all = await EndAsync(load);
        Assert.All(all.Outcomes, o => Assert.Equal(RequestFailure.TimedOut, o.Failure));
        Assert.All(all.Outcomes, o => Assert.InRange(o.Latency.TotalMilliseconds, 190, 2000));
    }

    [Fact]
    public void Snapshot_ByPodAndPhase_GivesExactPercentilesAndShares()
    {
        var log = new TrafficLog();
        for (var i = 1; i <= 100; i++)
            log.Add(new(TimeSpan.FromSeconds(i), TimeSpan.FromMilliseconds(i), i % 4 == 0 ? "slow" : "fast", RequestFailure.None, null));
        var all = log.Snapshot(TimeSpan.Zero, TimeSpan.MaxValue);
        Assert.Equal((50, 99, 100), (all.PercentileMs(0.5), all.PercentileMs(0.99), all.PercentileMs(1)));
        Assert.Equal(0.25, all.Share("slow"));
        Assert.Equal(25, all.Of("slow").Count);
        var phase = log.Snapshot(TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(21));
        Assert.Equal(10, phase.Count);
        Assert.Equal(20, phase.PercentileMs(1));
    }

    private static async Task<TrafficSnapshot> EndAsync(TrafficGenerator load)
    {
        var stop = TestContext.Current.CancellationToken;
        await Waiting.UntilAsync("the load's own end", TimeSpan.FromSeconds(20), () => Task.FromResult(load.HasEnded), stop);
        return load.Snapshot();
    }
}
