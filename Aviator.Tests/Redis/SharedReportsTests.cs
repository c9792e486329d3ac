using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>A real agent writes to a real Redis, and what a controller collects continues whatever becomes of Redis.</summary>
public sealed class SharedReportsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Collect_RedisComesAndGoes_EveryReadOfTheAgentArrivesByOneWayOrTheOther()
    {
        await using var pod = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var server = await RedisServer.StartAsync();
        await using var agent = await RunningAgent.StartAsync(
            (_, _) => new HandDrivenCounters(), null, "--Agent:Cluster=test", $"--ConnectionStrings:redis={server.ConnectionString}",
            "Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={pod.EndPoint.Port}");
        await using var client = await RedisClient.ConnectAsync(server.ConnectionString);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var (pulled, shared) = (new ConcurrentQueue<NodeReport>(), new ConcurrentQueue<NodeReport>());
        var reports = new RedisReports(client.Reports, client.Link.Health, TimeProvider.System, client.Log.CreateLogger<RedisReports>());
        using var http = new AgentClient(TimeSpan.FromSeconds(2));
        // With a shorter one agents are asked whatever lies in Redis.
        var interval = TimeSpan.FromSeconds(2);
        using var puller = new AgentPuller(
            http, reports, pulled.Enqueue, () => interval, metrics, TimeProvider.System, NullLogger.Instance);
        var reading = reports.RunAsync(shared.Enqueue, () => interval, stopping.Token);
        puller.Update([new AgentEndpoint("agent", agent.Client.BaseAddress!, "node-1")], stopping.Token);

        // Covered: what comes, comes from Redis, and the agent is left alone.
        await Eventually.TrueAsync(() => reports.Covers("node-1"), "Redis covers the node");
        await Eventually.TrueAsync(() => { pulled.Clear(); return reports.Covers("node-1"); }, "still covered");
        var seen = shared.Count;
        await Eventually.TrueAsync(() => shared.Count >= seen + 3, "reports from Redis");
        Assert.InRange(pulled.Count, 0, 1);
        Assert.Equal(("node-1", 1), (shared.Last().Node, shared.Last().Endpoints.Count));
        Assert.Equal((1, 0), puller.Count());

        // Away: the agent is asked, with the same counters in the same epoch.
        pulled.Clear();
        await server.StopAsync();
        await Eventually.TrueAsync(() => pulled.Count >= 3, "reports from the agent");
        Assert.Equal(shared.Last().Epoch, pulled.Last().Epoch);
        Assert.False(reports.Covers("node-1"));
        await Eventually.TrueAsync(() => reports.Fault is not null, "the fault is reported");

        // Back: the agent is left alone again.
        await server.StartAgainAsync();
        await Eventually.TrueAsync(() => reports.Covers("node-1"), "covered again", TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => reports.Fault is null, "the fault is over", TimeSpan.FromSeconds(40));

        // Garbage in the node's place: asked, said, and healed by the agent's next write.
        await Eventually.TrueAsync(
            async () =>
            {
                await server.CommandAsync("SET", "aviator:test:node:node-1", "garbage");
                return client.Log.Text.Contains("asking its agent instead", StringComparison.Ordinal);
            },
            "garbage is found");
        await Eventually.TrueAsync(() => reports.Covers("node-1"), "covered once more");

        await stopping.CancelAsync();
        await puller.WhenStoppedAsync();
        await reading;
    }

    [Fact]
    public async Task Metrics_AgentWithRedis_ShowsThatItIsUpAndNoPassword()
    {
        const string Secret = "s3cr3t-Pa55";
        await using var server = await RedisServer.StartAsync("--requirepass", Secret);
        await using var agent = await RunningAgent.StartAsync(
            (_, _) => new HandDrivenCounters(), null, $"--ConnectionStrings:redis={server.ConnectionString},password={Secret}",
                "Endpoints:0:Address=127.0.0.1", "Endpoints:0:Port=9");

        await Eventually.TrueAsync(async () =>
            (await agent.MetricsAsync()).Split('\n').Any(line => line.StartsWith("aviator_agent_redis_up", StringComparison.Ordinal) &&
                line.Contains(" 1", StringComparison.Ordinal)), "redis is up");

        Assert.DoesNotContain(Secret, await agent.MetricsAsync(), StringComparison.Ordinal);
    }
}
