using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The agent end to end: its own process, the real kernel, real traffic on loopback.</summary>
public sealed class AgentProcessTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Agent_RealTraffic_IsCountedExactlyAndProbesAreNot()
    {
        await using var fast = RawServer.Answering(Answer, TimeSpan.FromMilliseconds(5));
        await using var slow = RawServer.Answering(Answer, TimeSpan.FromMilliseconds(100));
        await using var agent = await AgentProcess.StartAsync([fast.EndPoint, slow.EndPoint], "Source=ebpf", "Probe:IdleAfter=00:00:01",
            "Probe:Interval=00:00:00.200");

        await Task.WhenAll(SendAsync(fast.EndPoint, 300, 4), SendAsync(slow.EndPoint, 60, 4));
        var rows = await RowsAsync(agent, report => report.Endpoints.Sum(row => row.Traffic.Requests) >= 360);
        var probed = await RowsAsync(agent, report => report.Endpoints.All(row => row.Probe is { Latency.Count: >= 5 }));

        Assert.Equal((300, 60), (rows[fast.EndPoint.Port].Traffic.Latency.Count, rows[slow.EndPoint.Port].Traffic.Latency.Count));
        Assert.InRange(rows[fast.EndPoint.Port].Traffic.Latency.Quantile(0.5)!.Value.TotalMilliseconds, 4.6, 90);
        Assert.InRange(rows[slow.EndPoint.Port].Traffic.Latency.Quantile(0.5)!.Value.TotalMilliseconds, 94, 400);
        Assert.Equal((300, 60), (probed[fast.EndPoint.Port].Traffic.Requests, probed[slow.EndPoint.Port].Traffic.Requests));
        Assert.InRange(probed[slow.EndPoint.Port].Probe!.Latency.Quantile(0.5)!.Value.TotalMilliseconds, 94, 400);
    }

    [Fact]
    [Trait("Catalogue", "24")]
    public async Task Agent_EndpointHangs_ShowsInFlightAndItsAge()
    {
        var hung = new RawServer((_, stop) => Task.Delay(-1, stop));
        await using var agent = await AgentProcess.StartAsync([hung.EndPoint], "Source=ebpf", "Probe:Timeout=00:00:00.200",
            "Probe:IdleAfter=00:00:01");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        var request = client.GetAsync(new Uri($"http://{hung.EndPoint}/"), TestContext.Current.CancellationToken);

        var inFlight = await RowsAsync(agent, report => report.Endpoints[0] is { Rif: 1, OldestInFlightSeconds: > 1, Probe.Failures: > 0 });
        await hung.DisposeAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
        var given = await RowsAsync(agent, report => report.Endpoints[0] is { Rif: 0, Traffic.Unanswered: 1 });

        Assert.Equal(0, inFlight.Values.Single().Traffic.Requests);
        Assert.InRange(given.Values.Single().Traffic.Latency.Quantile(0.5)!.Value.TotalSeconds, 1, 30);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "49")]
    public async Task Agent_PodTakesConnectionsAndNoRequest_ShowsInFlightAndAGrowingAge(bool accepts)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(16);
        var pod = (IPEndPoint)listener.LocalEndpoint;
        await using var agent = await AgentProcess.StartAsync(
            [pod], "Source=ebpf", "SubWindow=00:00:00.200", "Probe:Timeout=00:00:00.200", "Probe:IdleAfter=00:00:01");
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 2; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(client);
                await client.ConnectAsync(pod, TestContext.Current.CancellationToken);
                if (accepts) sockets.Add(await listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
                await client.SendAsync("GET / HTTP/1.1\r\nHost: pod\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            }

            await RowsAsync(agent, report => report.Endpoints[0] is { Rif: 2, OldestInFlightSeconds: > 0.5, Probe.Failures: > 0 });
            var rows = await RowsAsync(agent, report => report.Endpoints[0] is { Rif: 2, OldestInFlightSeconds: > 1.5 });
            Assert.Equal(0, rows[pod.Port].Traffic.Requests);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public async Task Agent_StoppedAndContinued_MakesUpForNothing()
    {
        await using var server = RawServer.Answering(Answer);
        await using var agent = await AgentProcess.StartAsync([server.EndPoint], "Source=ebpf", "SubWindow=00:00:00.200",
            "Probe:Interval=00:00:00.200", "Probe:IdleAfter=00:00:00.500");
        await RowsAsync(agent, report => report.Endpoints[0].Probe is { Latency.Count: > 2 });
        var (before, connections) = (await agent.ReportAsync(), server.Connections);
        var stopped = Stopwatch.GetTimestamp();
        agent.Process.Send(Signal.Stop);
        await SendAsync(server.EndPoint, 50, 1);
        await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(stopped) > TimeSpan.FromSeconds(3), "three seconds pass");
        Assert.InRange(server.Connections - connections, 1, 4);

        agent.Process.Send(Signal.Continue);
        var after = await agent.ReportAsync();
        var rows = await RowsAsync(agent, report => report.Endpoints[0].Traffic.Requests >= 50);

        Assert.Equal((before.Epoch, 50), (after.Epoch, rows[server.EndPoint.Port].Traffic.Requests));
        Assert.True(after.Sequence <= before.Sequence + 5, $"{after.Sequence - before.Sequence} reads in the place of 15");
        Assert.InRange(server.Connections - connections, 1, 8);
    }

    [Fact]
    public async Task Agent_KilledOutright_LeavesNothingInTheKernelAndTheNextOneStarts()
    {
        await using var server = RawServer.Answering(Answer);
        string epoch;
        await using (var killed = await AgentProcess.StartAsync([server.EndPoint], "Source=ebpf"))
        {
            epoch = (await killed.ReportAsync()).Epoch;
            var programs = killed.KernelPrograms();
            Assert.NotEmpty(programs);
            Assert.All(programs, id => Assert.True(AgentProcess.IsLoaded(id)));
            killed.Process.Send(Signal.Kill);
            await killed.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
            await Eventually.TrueAsync(() => !programs.Any(AgentProcess.IsLoaded), "the programs are gone");
        }

        await using var next = await AgentProcess.StartAsync([server.EndPoint], "Source=ebpf");
        await SendAsync(server.EndPoint, 10, 1);
        await RowsAsync(next, report => report.Endpoints[0].Traffic.Requests == 10 && report.Epoch != epoch);
    }

    [Fact]
    public async Task Agent_AskedToEnd_EndsOrderlyAndSoon()
    {
        await using var server = RawServer.Answering(Answer);
        await using var agent = await AgentProcess.StartAsync([server.EndPoint], "Source=ebpf");
        var asked = Stopwatch.GetTimestamp();
        agent.Process.Send(Signal.Terminate);
        await agent.Process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(0, agent.Process.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(asked) < TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("fail:", agent.Output, StringComparison.Ordinal);
    }

    private static async Task SendAsync(IPEndPoint server, int requests, int clients)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients });
        await Parallel.ForEachAsync(Enumerable.Range(0, requests),
            new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = TestContext.Current.CancellationToken },
                async (_, stop) =>
        {
            using var response = await http.GetAsync(new Uri($"http://{server}/"), stop);
            response.EnsureSuccessStatusCode();
        });
    }

    private static async Task<Dictionary<int, EndpointReport>> RowsAsync(AgentProcess agent, Func<NodeReport, bool> wanted)
    {
        NodeReport? report = null;
        await Eventually.TrueAsync(async () => wanted(report = await agent.ReportAsync()), "the report", TimeSpan.FromSeconds(30));
        return report!.Endpoints.ToDictionary(row => row.Port);
    }
}
