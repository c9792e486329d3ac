using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aviator.Redis;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.Otlp;
using Aviator.Tests.Kit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>A Redis that is ill costs no caller more than the limit, and is used again by itself once it is well.</summary>
public sealed class RedisLinkTests
{
    private const string Secret = "s3cr3t-Pa55";

    /// <summary>The limit, and what a busy machine may add to it before a waiting task runs again.</summary>
    private static readonly TimeSpan Longest = RedisLink.CallLimit + TimeSpan.FromMilliseconds(150);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_ServerStoppedAndStartedAgain_FailsQuicklyThenWorks()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = await RedisClient.ConnectAsync(server.ConnectionString);
        await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        Assert.True(client.IsUp());

        await server.StopAsync();
        await FailsAsync(client, RedisFault.Unreachable, RedisFault.Slow);
        Assert.False(client.IsUp());

        await server.StartAgainAsync();
        await WorksAsync(client);
        Assert.True(client.IsUp());
    }

    [Fact]
    public async Task Write_TracesAreExported_IsASpanWithTheClientsOwnInside()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RedisServer.StartAsync();
        await using var metrics = new RedisClient(server.ConnectionString);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(receiver.Settings(grpc: false)!);
        builder.Configuration["ConnectionStrings:redis"] = server.ConnectionString;
        builder.AddServiceDefaults("aviator-agent");
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(metrics);
        builder.Services.AddRedisLink<RedisClient>(RedisConnectionString.Read(builder.Configuration, "aviator-test")!);
        using var host = builder.Build();
        await host.StartAsync(Stop);
        var link = host.Services.GetRequiredService<RedisLink>();
        Assert.True(await link.WhenConnectedAsync(TimeSpan.FromSeconds(10), Stop), "no connection");

        await new NodeReportStore(link, metrics.Keys).WriteAsync(NodeReports.Small("a"), Stop);

        OtlpSpan? Call() => receiver.Spans.FirstOrDefault(span => span.Name == "redis node.write");
        await Eventually.TrueAsync(() =>
            Call() is { } call && receiver.Spans.Any(span => span.ParentId == call.SpanId), "both spans", TimeSpan.FromSeconds(20));
        var command = receiver.Spans.First(span => span.ParentId == Call()!.SpanId);
        Assert.Equal(("EVAL", "OpenTelemetry.Instrumentation.StackExchangeRedis", Call()!.TraceId),
            (command.Name, command.Scope, command.TraceId));
        Assert.Equal(("redis", "node.write", false),
            (Call()!.Attributes["db.system.name"], Call()!.Attributes["db.operation.name"], Call()!.Failed));
    }

    [Fact]
    public async Task Write_ServerIsAwayAtTheStart_ConnectsOnceItIsThere()
    {
        await using var server = await RedisServer.StartAsync();
        await server.StopAsync();
        await using var client = new RedisClient(server.ConnectionString);
        await FailsAsync(client, RedisFault.Unreachable);

        await server.StartAgainAsync();

        await WorksAsync(client);
    }

    [Fact]
    public async Task Write_ServerTakesSecondsACall_IsCutOffAndAskedRarely()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = await RedisClient.ConnectAsync(server.ConnectionString);
        await server.SlowAsync(TimeSpan.FromMinutes(10));

        var (began, longest, calls) = (Stopwatch.GetTimestamp(), TimeSpan.Zero, 0);
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(3.5))
        {
            calls++;
            var took = await TakesAsync(() =>
                Assert.ThrowsAsync<RedisUnavailableException>(() => client.Reports.WriteAsync(NodeReports.Small("a"), Stop)));
            if (took > longest) longest = took;
            await Task.Yield();
        }

        Assert.True(longest < Longest, $"a call took {longest.TotalMilliseconds} ms");
        Assert.InRange(client.Failures, 2, 6);
        Assert.True(calls > 100, $"{calls} calls: those in a pause must not wait");
        Assert.NotNull(client.Link.Health.Fault);

        await server.StopAsync();
        await server.StartAgainAsync();
        await WorksAsync(client);
    }

    [Fact]
    public async Task Write_ServerIsHung_IsCutOff()
    {
        // Accepts and never answers.
        using var hung = new TcpListener(IPAddress.Loopback, 0);
        hung.Start();
        await using var client = new RedisClient($"{hung.LocalEndpoint}");
        await FailsAsync(client, RedisFault.Unreachable, RedisFault.Slow);
    }

    [Fact]
    public async Task Write_ServerIsFull_SaysSoAndReadingGoesOn()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = await RedisClient.ConnectAsync(server.ConnectionString);
        await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);

        await server.FillAsync();
        await FailsAsync(client, RedisFault.Full);
        Assert.Single(await client.Reports.ReadAllAsync(Stop));

        await server.EmptyAsync();
        await WorksAsync(client);
    }

    [Fact]
    public async Task Write_ServerWasFlushed_WritesAnew()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = await RedisClient.ConnectAsync(server.ConnectionString);
        await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);

        await server.CommandAsync("FLUSHALL");
        await server.CommandAsync("SCRIPT", "FLUSH");

        Assert.Empty(await client.Reports.ReadAllAsync(Stop));
        await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        Assert.Single(await client.Reports.ReadAllAsync(Stop));
    }

    [Fact]
    public async Task Write_PasswordIsWrongOrMissing_IsRefusedAndShownNowhere()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", Secret);
        await using (var right = await RedisClient.ConnectAsync($"{server.ConnectionString},password={Secret}"))
        {
            await right.Reports.WriteAsync(NodeReports.Small("a"), Stop);
            Assert.DoesNotContain(Secret, right.Log.Text, StringComparison.Ordinal);
        }

        foreach (var text in (string[])[server.ConnectionString, $"{server.ConnectionString},password={Secret}-not"])
        {
            await using var client = new RedisClient(text);
            var fault = await FailsAsync(client, RedisFault.Denied);
            await Eventually.TrueAsync(() => Tried(client), "the fault is reported");
            Assert.DoesNotContain(Secret, fault + client.Log.Text + client.Link.Health.Fault, StringComparison.Ordinal);
            Assert.Contains("Redis cannot be used", client.Log.Text, StringComparison.Ordinal);
        }
    }

    private static async Task<bool> Tried(RedisClient client)
    {
        await Assert.ThrowsAsync<RedisUnavailableException>(() => client.Reports.WriteAsync(NodeReports.Small("a"), Stop));
        return client.Link.Health.Fault is not null;
    }

    /// <summary>Until a call fails by one of the faults; none takes longer than it may.</summary>
    private static async Task<RedisUnavailableException> FailsAsync(RedisClient client, params RedisFault[] faults)
    {
        RedisUnavailableException? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    var took = await TakesAsync(() => client.Reports.WriteAsync(NodeReports.Small("a"), Stop));
                    Assert.True(took < Longest, $"a call took {took.TotalMilliseconds} ms");
                    return false;
                }
                catch (RedisUnavailableException fault)
                {
                    last = fault;
                    return faults.Contains(fault.Fault);
                }
            },
            $"a call fails by {string.Join(" or ", faults)}");
        return last!;
    }

    private static Task WorksAsync(RedisClient client) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
                return true;
            }
            catch (RedisUnavailableException)
            {
                return false;
            }
        },
        "a call works again",
        TimeSpan.FromSeconds(30));

    private static async Task<TimeSpan> TakesAsync(Func<Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(began);
    }
}
