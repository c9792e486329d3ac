using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>Asking agents over real sockets on loopback.</summary>
public sealed class AgentPullTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(100, 1000, 200, 830)]
    [InlineData(5000, 1000, 200, 1830)]
    [InlineData(600_000, 1000, 0, 5030)]
    [InlineData(5000, 1000, 60_000, 500)]
    [InlineData(5000, 3_600_000, 0, 5030)]
    [InlineData(5000, 1000, -86_400_000, 2030)]
    public void Next_Waits_UntilJustAfterTheAgentsNextRead(int intervalMs, int subWindowMs, int ageMs, int expectedMs) =>
        Assert.Equal(
            expectedMs,
            AgentPullSchedule.Next(TimeSpan.FromMilliseconds(intervalMs), TimeSpan.FromMilliseconds(subWindowMs),
                TimeSpan.FromMilliseconds(ageMs)).TotalMilliseconds);

    [Theory]
    [InlineData(100, 100)]
    [InlineData(250, 125)]
    [InlineData(1000, 500)]
    [InlineData(2000, null)]
    [InlineData(600_000, null)]
    public void ReadEvery_ShortIntervals_HalfOfThem(int intervalMs, int? expectedMs) =>
        Assert.Equal(expectedMs, AgentPullSchedule.ReadEvery(TimeSpan.FromMilliseconds(intervalMs))?.TotalMilliseconds);

    /// <summary>What lies in Redis is as old as a sub-window, so it does not do for an interval below two of them.</summary>
    [Fact]
    public async Task Puller_IntervalGetsShort_AsksCoveredNodesToo()
    {
        var stop = TestContext.Current.CancellationToken;
        var asked = new ConcurrentQueue<string>();
        await using var agent = await StartAsync(context =>
        {
            asked.Enqueue(context.Request.QueryString.Value ?? "");
            return context.Response.WriteAsync(JsonSerializer.Serialize(Report("n"), MeasurementJson.Default.NodeReport), stop);
        });
        using var client = new AgentClient(TimeSpan.FromSeconds(5));
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        var interval = TimeSpan.FromSeconds(5);
        using var puller = new AgentPuller(
            client, new CoversAll(), _ => { }, () => interval, metrics, TimeProvider.System, NullLogger.Instance);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        puller.Update([Agent("agent", Address(agent)) with { Node = "n" }], stopping.Token);
        await Task.Delay(TimeSpan.FromSeconds(1), stop);
        Assert.Empty(asked);
        interval = TimeSpan.FromMilliseconds(250);
        await Eventually.TrueAsync(() => Task.FromResult(asked.Count > 3), "the agent is asked");

        Assert.All(asked, query => Assert.Equal("?readEveryMs=125", query));
        await stopping.CancelAsync();
        await puller.WhenStoppedAsync().WaitAsync(Limit, stop);
    }

    [Fact]
    public async Task Puller_OneAgentHangsAndOneIsGone_OthersAreAskedAllTheSame()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var good = await StartAsync(context =>
            context.Response.WriteAsync(JsonSerializer.Serialize(Report("good"), MeasurementJson.Default.NodeReport), stop));
        await using var wrongFormat = await StartAsync(context =>
            context.Response.WriteAsync(JsonSerializer.Serialize(Report("new") with { FormatVersion = 99 },
                MeasurementJson.Default.NodeReport), stop));
        using var hung = new TcpListener(IPAddress.Loopback, 0);
        hung.Start();
        using var client = new AgentClient(TimeSpan.FromMilliseconds(300));
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        var reports = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var puller = new AgentPuller(client, new NoSharedReports(), report =>
            { Assert.Equal("good", report.Node); if (Interlocked.Increment(ref reports) == 20) enough.TrySetResult(); },
            () => TimeSpan.FromMilliseconds(100), metrics, TimeProvider.System, NullLogger.Instance);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        puller.Update([Agent("good", Address(good)), Agent("new", Address(wrongFormat)), Agent("hung", $"http://{hung.LocalEndpoint}"),
            Agent("gone", "http://127.0.0.1:1")], stopping.Token);
        await enough.Task.WaitAsync(Limit, stop);
        Assert.Equal((1, 3), puller.Count());

        puller.Update([], stopping.Token);
        Assert.Equal((0, 0), puller.Count());
        await stopping.CancelAsync();
        await puller.WhenStoppedAsync().WaitAsync(Limit, stop);
    }

    /// <summary>A token of an agent opens no other node's windows.</summary>
    [Fact]
    public async Task Puller_AgentReportsForAnotherNode_IsRefused()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var agent = await StartAsync(context =>
            context.Response.WriteAsync(JsonSerializer.Serialize(Report("other"), MeasurementJson.Default.NodeReport), stop));
        using var client = new AgentClient(TimeSpan.FromSeconds(5));
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        using var log = new KeptLog();
        var taken = 0;
        using var puller = new AgentPuller(client, new NoSharedReports(), _ => taken++,
            () => TimeSpan.FromMilliseconds(100), metrics, TimeProvider.System, log);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        puller.Update([Agent("agent", Address(agent)) with { Node = "own" }], stopping.Token);
        await Eventually.TrueAsync(() => Task.FromResult(log.Text.Length > 0), "a line that names it");
        await stopping.CancelAsync();
        await puller.WhenStoppedAsync().WaitAsync(Limit, stop);

        Assert.Contains("it reports for node other, and its pod is on node own", log.Text, StringComparison.Ordinal);
        Assert.Equal(0, taken);
    }

    [Fact]
    public async Task Puller_ReportCannotBeTakenIn_GoesOnAsking()
    {
        var stop = TestContext.Current.CancellationToken;
        var asked = 0;
        await using var agent = await StartAsync(context =>
        {
            // A figure that no time span can hold, an answer that is not compressed as it says, and then a good one.
            var report = Report("odd") with { SubWindowSeconds = Interlocked.Increment(ref asked) == 1 ? 1e300 : 0.02 };
            if (asked == 2) context.Response.Headers.ContentEncoding = "gzip";
            return context.Response.WriteAsync(JsonSerializer.Serialize(report, MeasurementJson.Default.NodeReport), stop);
        });
        using var client = new AgentClient(TimeSpan.FromSeconds(5));
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        var taken = 0;
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var puller = new AgentPuller(client, new NoSharedReports(), _ =>
            { if (Interlocked.Increment(ref taken) == 1) throw new OverflowException("scripted"); third.TrySetResult(); },
            () => TimeSpan.FromMilliseconds(100), metrics, TimeProvider.System, NullLogger.Instance);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        puller.Update([Agent("odd", Address(agent))], stopping.Token);

        await third.Task.WaitAsync(Limit, stop);
        Assert.True(asked >= 3, $"asked {asked} times");
        await stopping.CancelAsync();
        await puller.WhenStoppedAsync().WaitAsync(Limit, stop);
    }

    [Fact]
    public async Task Client_RedirectErrorAndGarbage_AreUnavailable()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = await StartAsync(context =>
        {
            if (context.Request.Path.StartsWithSegments("/a")) context.Response.StatusCode = 500;
            else if (context.Request.Path.StartsWithSegments("/b")) context.Response.Redirect("http://127.0.0.1:1/");
            else return context.Response.WriteAsync("<html>", stop);
            return Task.CompletedTask;
        });
        using var client = new AgentClient(TimeSpan.FromSeconds(5));
        foreach (var path in (string[])["a/", "b/", "c/"])
        {
            var agent = Agent(path, $"{Address(server)}/{path}");
            await Assert.ThrowsAsync<AgentUnavailableException>(() => client.GetAsync(agent, null, stop));
        }
    }

    private sealed class CoversAll : ISharedReports
    {
        public string? Fault => null;

        public bool Covers(string node) => true;

        public Task RunAsync(Action<NodeReport> sink, Func<TimeSpan> shortestInterval, CancellationToken cancellationToken) =>
            Task.CompletedTask;
    }

    private static AgentEndpoint Agent(string name, string address) => new(name, new Uri(address));

    private static string Address(WebApplication app) => app.Urls.First();

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static NodeReport Report(string node) => new()
    {
        FormatVersion = NodeReport.CurrentFormatVersion,
        Node = node,
        Epoch = "1",
        Sequence = 1,
        AgeSeconds = 0,
        SubWindowSeconds = 0.02,
        Source = LatencySource.Ebpf,
        SourceDetail = "test",
        Endpoints = [],
    };
}
