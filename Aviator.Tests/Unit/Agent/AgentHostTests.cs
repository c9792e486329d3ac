using System.Net;
using System.Net.Sockets;
using Aviator.Agent;
using Aviator.Agent.Bpf;
using Aviator.Agent.Http;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class AgentHostTests : IAsyncLifetime
{
    private readonly HandDrivenCounters _kernel = new();
    private readonly RawServer _server = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    private int Port => _server.EndPoint.Port;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Latencies_TrafficInTheKernel_IsReported()
    {
        await using var agent = await StartAsync();
        await agent.ReadsAsync();
        _kernel.Set("127.0.0.1", Port, HandDrivenCounters.Traffic(200, 20), rif: 4, oldestSeconds: 1.5);
        await agent.ReadsAsync();

        var (report, row) = (await agent.ReportAsync(), await agent.SingleAsync());
        Assert.Equal((NodeReport.CurrentFormatVersion, "node-1", LatencySource.Ebpf, "by hand"),
            (report.FormatVersion, report.Node, report.Source, report.SourceDetail));
        Assert.Equal((0.1, true), (report.SubWindowSeconds, report.AgeSeconds < 5));
        Assert.Equal(("127.0.0.1", Port, "web-1", "shop", "uid-1"), (row.Address, row.Port, row.Pod, row.Namespace, row.PodUid));
        Assert.Equal((200, 200, 4, 1.5, 0.0005),
            (row.Traffic.Requests, row.Traffic.Latency.Count, row.Rif, row.OldestInFlightSeconds, row.NetworkRttSeconds));
        Assert.InRange(row.Recent.P99Ms!.Value, 18.7, 21.3);
        Assert.Equal([IPAddress.Loopback], _kernel.Interest);
    }

    /// <summary>
    /// What stands still because nothing feeds it looks like an idle pod: the report grows old, and nobody decides by it.
    /// </summary>
    [Fact]
    public async Task Latencies_HooksNoLongerFire_ReportsGrowOld()
    {
        FlowState? flow = null;
        await using var agent = await RunningAgent.StartAsync(
            (_, _) => _kernel, services => services.AddSingleton(_ => flow = new()), Endpoint);
        await agent.ReadsAsync();
        flow!.Reason = "the hooks are dead";
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).AgeSeconds > 1, "an old report");
        var (status, checks) = await agent.HealthAsync("/readyz");
        flow.Reason = null;
        await agent.ReadsAsync();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the hooks are dead"),
            (status, checks.GetProperty("source").GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Latencies_SourceWithALongStory_IsReadByTheStore()
    {
        var story = new string('é', 5000);
        await using var agent = await RunningAgent.StartAsync((_, _) => throw new InvalidOperationException(story), null, Endpoint);
        var report = await agent.ReportAsync();

        Assert.StartsWith("no eBPF: éé", report.SourceDetail, StringComparison.Ordinal);
        Assert.Equal(report.SourceDetail, NodeReportCodec.Read(NodeReportCodec.Write(report)).Report?.SourceDetail);
    }

    /// <summary>Who opens connections and says nothing gets no more than its share; the kubelet asks from another address.</summary>
    [Fact]
    public async Task Healthz_OneAddressHoldsIdleConnections_AnswersOthersAtOnce()
    {
        await using var agent = await StartAsync();
        var server = new IPEndPoint(IPAddress.Loopback, agent.Client.BaseAddress!.Port);
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
                try
                {
                    await socket.ConnectAsync(server, TestContext.Current.CancellationToken);
                }
                catch (SocketException)
                {
                    idle.Remove(socket); // closed before the call saw that it was open
                    socket.Dispose();
                }
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            using var fresh = new HttpClient();
            using var answer = await fresh.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/healthz"), limit.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Eventually.TrueAsync(() => idle.Count(IsOpen) == ConnectionShare.Most, "the rest to be closed");
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }

        static bool IsOpen(Socket socket) => !socket.Poll(0, SelectMode.SelectRead);
    }

    [Fact]
    public async Task Build_WithoutKernelPrograms_ProbesAndSaysWhyWithTheFix()
    {
        const string Why = "built without its kernel programs", Fix = "Run \"make setup\", then \"make build-agent\".";
        var log = new KeptLog();
        // Any assembly but the agent's holds none; nothing is asked of this machine's kernel.
        var without = new KernelCountersOptions { Programs = typeof(AgentHostTests).Assembly };
        await using var agent = await RunningAgent.StartAsync(
            (_, logger) => KernelCounters.Open(without, logger), services => services.AddSingleton<ILoggerProvider>(log), Endpoint);

        Assert.Equal((LatencySource.Probe, $"no eBPF: {KernelPrograms.Missing}"),
            ((await agent.ReportAsync()).Source, (await agent.ReportAsync()).SourceDetail));
        await Eventually.TrueAsync(async () => (await agent.HealthAsync("/readyz")).Status == HttpStatusCode.OK, "ready");
        var source = (await agent.HealthAsync("/readyz")).Checks.GetProperty("source");
        Assert.Equal("Degraded", source.GetProperty("status").GetString());
        var line = Assert.Single(log.Text.Split('\n'), line => line.Contains(Why, StringComparison.Ordinal));
        Assert.StartsWith("Warning Measuring by HTTP probes", line, StringComparison.Ordinal);
        Assert.All([line, source.GetProperty("reason").GetString()!], text => Assert.Contains(Fix, text, StringComparison.Ordinal));

        var test = SelfTestCommand.Measure(1, null, typeof(AgentHostTests).Assembly);
        Assert.Equal(("unavailable", KernelPrograms.Missing, 0), (test.Result, test.Reason, test.Tried.Count));
    }

    [Fact]
    public async Task Latencies_TwoRuns_HaveDifferentEpochs()
    {
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        Assert.NotEqual((await first.ReportAsync()).Epoch, (await second.ReportAsync()).Epoch);
    }

    [Fact]
    public async Task NodeAddresses_PlanStaysTheSame_AreLookedUpAgainEveryHalfMinute()
    {
        var time = new FakeTimeProvider();
        await using var agent = await RunningAgent.StartAsync((_, _) => _kernel, services =>
            services.AddSingleton<TimeProvider>(time), Endpoint);
        await Eventually.TrueAsync(() => Passed() && _kernel.AddressesTold == 1, "the addresses to be passed on with the plan");
        var told = time.GetTimestamp();

        await Eventually.TrueAsync(() => Passed() && _kernel.AddressesTold == 2, "them to be passed on again");

        Assert.InRange(time.GetElapsedTime(told), TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(60));

        bool Passed()
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return true;
        }
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public async Task Read_Fails_AgesGrowAndReadinessSaysWhyUntilItWorksAgain()
    {
        await using var agent = await StartAsync();
        await agent.ReadsAsync();
        var before = await agent.ReportAsync();
        _kernel.Fault = new InvalidOperationException("Could not read the counters: map gone.");
        await Eventually.TrueAsync(async () => (await agent.HealthAsync("/readyz")).Status == HttpStatusCode.ServiceUnavailable, "unready");

        var source = (await agent.HealthAsync("/readyz")).Checks.GetProperty("source");
        Assert.Contains("map gone", source.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).AgeSeconds > 0.5, "the age grows");
        Assert.InRange((await agent.ReportAsync()).Sequence, before.Sequence, before.Sequence + 3);
        Assert.Equal(HttpStatusCode.OK, (await agent.HealthAsync("/healthz")).Status);

        _kernel.Fault = null;
        await Eventually.TrueAsync(async () => (await agent.HealthAsync("/readyz")).Status == HttpStatusCode.OK, "ready again");
        Assert.Equal(before.Epoch, (await agent.ReportAsync()).Epoch);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public async Task Read_Hangs_TheReportStillAnswersWithItsAge()
    {
        using var release = new ManualResetEventSlim();
        await using var agent = await StartAsync();
        await agent.ReadsAsync();
        _kernel.OnRead = () => release.Wait(TestContext.Current.CancellationToken);
        try
        {
            await Eventually.TrueAsync(async () => (await agent.ReportAsync()).AgeSeconds > 1.5, "the age grows");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await agent.HealthAsync("/readyz")).Status);
        }
        finally
        {
            _kernel.OnRead = () => { };
            release.Set();
        }
    }

    [Fact]
    public async Task Probe_EndpointHasTraffic_IsLeftInPeaceUntilItIsIdle()
    {
        await using var agent = await StartAsync("Probe:IdleAfter=00:00:03");
        // What the kernel showed before the endpoint was planned would not be its own.
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).Endpoints.Count == 1, "the endpoint to be planned");
        var requests = 0;
        _kernel.OnRead = () => _kernel.Set("127.0.0.1", Port, HandDrivenCounters.Traffic(++requests));
        await agent.ReadsAsync(25);
        Assert.Equal((0, true), (_server.Connections, (await agent.SingleAsync()).Probe is null));

        _kernel.OnRead = () => { };
        await Eventually.TrueAsync(async () => (await agent.SingleAsync()).Probe is { Latency.Count: > 3 }, "probes");
        var row = await agent.SingleAsync();
        Assert.Equal((0L, requests), (row.Probe!.Failures, (int)row.Traffic.Requests));
        Assert.Equal(row.Probe.LastSeconds, row.Probe.RecentSeconds[0]);
    }

    [Fact]
    public async Task Source_KernelRefuses_TheProbeTakesOverAndSaysSo()
    {
        await using var agent = await RunningAgent.StartAsync((_, _) => throw new InvalidOperationException("no rights."), null, Endpoint);
        await Eventually.TrueAsync(async () => (await agent.SingleAsync()).Probe is { Latency.Count: > 3 }, "probes");

        var (report, row) = (await agent.ReportAsync(), await agent.SingleAsync());
        Assert.Equal((LatencySource.Probe, "no eBPF: no rights."), (report.Source, report.SourceDetail));
        Assert.True(row.Recent is { Count: > 3, P50Ms: > 0 } && row.Traffic.Requests == 0);
        var (status, checks) = await agent.HealthAsync("/readyz");
        Assert.Equal((HttpStatusCode.OK, "Degraded"), (status, checks.GetProperty("source").GetProperty("status").GetString()));
        Assert.Contains("no rights", checks.GetProperty("source").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("aviator_agent_source{otel_scope_name=\"Aviator.Agent\",hooks=\"none\",source=\"probe\"} 1",
            await agent.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_EndpointRefuses_CountsFailuresAndNoLatency()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var agent = await RunningAgent.StartAsync(
            (_, _) => _kernel, null, "Source=probe", "Endpoints:0:Address=127.0.0.1",
                $"Endpoints:0:Port={((IPEndPoint)unused.LocalEndPoint!).Port}");
        await Eventually.TrueAsync(async () => (await agent.SingleAsync()).Probe is { Failures: > 3 }, "failures");

        var row = await agent.SingleAsync();
        Assert.True(row.Probe is { Latency.Count: 0, LastSeconds: null } && row.Probe.RecentSeconds.All(seconds => seconds is null));
        Assert.True(row.Recent is { Count: 0, Errors: > 3, P50Ms: null });
        Assert.Contains("aviator_agent_probe_failures_total{otel_scope_name=\"Aviator.Agent\",reason=\"refused\"}",
            await agent.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_KernelInsistedOnAndRefuses_FailsWithASentence()
    {
        var error = Assert.Throws<SourceUnavailableException>(() =>
            AgentHost.Build(["--Agent:Source=ebpf", $"--Agent:{Endpoint[0]}", $"--Agent:{Endpoint[1]}"], (_, _) =>
                throw new InvalidOperationException("libbpf is missing.")));

        Assert.Equal("The agent cannot measure in the kernel, and Source=ebpf forbids the probe: libbpf is missing. Grant what is " +
            "missing, or set Source=auto.", error.Message);
    }

    [Fact]
    public void Build_OptionsHaveFaults_NamesAllAtOnce()
    {
        var error = Assert.Throws<OptionsValidationException>(() => AgentHost.Build(
            [
                "--Agent:Port=70000", "--Agent:SubWindow=00:00:00.050", "--Agent:ListenAddress=nowhere", "--Agent:NodeName=",
                    "--Agent:Kubeconfig=/does/not/exist",
                "--Agent:Probe:Concurrency=0", "--Agent:Probe:Interval=01:00:00", "--Agent:Endpoints:0:Address=x",
                    "--Agent:Endpoints:0:Port=1", "--Agent:Endpoints:0:ProbePath=y z",
            ],
            (_, _) => _kernel));

        Assert.Equal(10, error.Failures.Count());
        foreach (var fault in (string[])["Port", "SubWindow", "'nowhere'", "NodeName", "/does/not/exist", "Concurrency", "Probe.Interval",
            "SteadyInterval is shorter", "Address 'x'", "'y z'"])
            Assert.Contains(error.Failures, failure => failure.Contains(fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--Agent:Sorce=probe", "Sorce")]
    [InlineData("--Agent:Port=abc", "Agent:Port")]
    [InlineData("--Agent:Source=telepathy", "Agent:Source")]
    public void Build_OptionIsUnknownOrUnreadable_NamesIt(string argument, string name) => Assert.Contains(
        name, Assert.Throws<InvalidOperationException>(() => AgentHost.Build([argument], (_, _) => _kernel)).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task Probe_ManyEndpointsHang_NoMoreThanTheLimitAreUnderWay()
    {
        var (now, most) = (0, 0);
        await using var hung = new RawServer(async (stream, stop) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            try
            {
                // Ends when the probe gives up: its reset breaks the read.
                while (await stream.ReadAsync(new byte[512], stop) > 0) continue;
            }
            finally
            {
                Interlocked.Decrement(ref now);
            }
        });
        var endpoints = Enumerable.Range(0, 40)
            .SelectMany(i => new[] { $"Endpoints:{i}:Address=127.0.0.1", $"Endpoints:{i}:Port={20000 + i}",
            $"Endpoints:{i}:ProbePort={hung.EndPoint.Port}" });
        await using var agent = await RunningAgent.StartAsync((_, _) =>
            _kernel, null, [.. endpoints, "Source=probe", "Probe:Concurrency=4"]);
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).Endpoints.Count(row => row.Probe is { Failures: > 0 }) >= 16,
            "each endpoint gets its turn", TimeSpan.FromSeconds(30));

        // One more may show for a moment: a probe that has ended here has not yet ended at the server.
        Assert.InRange(most, 2, 8);
    }

    [Fact]
    public void Build_NeitherClusterNorEndpoints_FailsWithASentence()
    {
        var empty = Path.GetTempFileName();
        try
        {
            Assert.Throws<NoClusterException>(() => AgentHost.Build([$"--Agent:Kubeconfig={empty}"], (_, _) => _kernel));
            Assert.True(_kernel.Disposed);
        }
        finally
        {
            File.Delete(empty);
        }
    }

    [Fact]
    public async Task Metrics_EveryInstrument_IsThereFromTheStartWithoutPodNames()
    {
        await using var agent = await StartAsync();
        await agent.ReadsAsync();

        var metrics = await agent.MetricsAsync();
        foreach (var name in (string[])
                 [
                     "requests_total", "requests_failed_total", "requests_unmeasured_total", "requests_in_flight", "endpoints",
                         "pods_unmeasurable", "source", "report_age_seconds",
                     "read_duration_seconds_count", "read_failures_total", "probe_failures_total", "probe_discarded_total",
                         "counter_restarts_total",
                     "kernel_recursion_misses_total", "kernel_unmatched_total", "kernel_connections_total",
                         "kernel_connections_unmeasured_total",
                 ])
            Assert.Contains($"\naviator_agent_{name}{{", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("web-1", metrics, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
            seen = Interlocked.CompareExchange(ref target, value, seen) is var found && found == seen ? value : found;
    }

    private string[] Endpoint =>
        ["Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={Port}", "Endpoints:0:Pod=web-1", "Endpoints:0:Namespace=shop",
            "Endpoints:0:PodUid=uid-1"];

    private Task<RunningAgent> StartAsync(params string[] options) =>
        RunningAgent.StartAsync((_, _) => _kernel, null, [.. Endpoint, .. options]);
}
