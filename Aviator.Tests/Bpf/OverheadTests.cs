using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Agent.Bpf;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// What measuring costs, printed: nanoseconds per request by the kernel's own accounting, net of an empty program in the same run, and CPU
/// time per request with and without, over interleaved pairs. The bounds are wide, for busy machines; docs/measuring.md quotes figures.
/// </summary>
[Collection(KernelCollection.Name)]
public sealed partial class OverheadTests(ITestOutputHelper output)
{
    private const int Pairs = 12;
    private const int WarmUps = 5;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly IPAddress Pod = IPAddress.Parse("127.97.4.1");
    private static readonly string[] Programs = ["segment_in", "segment_out", "connection_event"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void KernelAccounting_NanosecondsPerRequest_NetOfAnEmptyProgram(bool interesting)
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true, Hooks = ["sockops+cgroup_skb"] },
            NullLogger.Instance);
        if (interesting) counters.SetInterest([Pod]);
        using var app = new TestApp(Pod);
        using var empty = BpfObject.Open("service_latency.bpf.o");
        empty.Load(new HashSet<string> { "nothing" });
        using var root = new FileDescriptor(LibBpf.Open(CgroupRoot.Find(), 0));
        empty.Attach(new Hook("nothing", AttachKind.Cgroup), root);
        using var statistics = new FileDescriptor(LibBpf.EnableStats(0));

        Wrk(app, seconds: 1);
        var before = Programs.Select(p => counters.ProgramInfo(p)).ToList();
        var emptyBefore = empty.Info("nothing");
        var (requests, _) = Wrk(app, seconds: 3);
        var emptyAfter = empty.Info("nothing");
        var floor = (double)(emptyAfter.RunTimeNs - emptyBefore.RunTimeNs) / (emptyAfter.RunCount - emptyBefore.RunCount);
        var net = 0.0;
        for (var i = 0; i < Programs.Length; i++)
        {
            var after = counters.ProgramInfo(Programs[i]);
            var (ns, runs) = ((double)(after.RunTimeNs - before[i].RunTimeNs), after.RunCount - before[i].RunCount);
            net += ns - (floor * runs);
            output.WriteLine($"{(interesting ? "measured" : "not measured")}: {Programs[i]} {runs / (double)requests:F2} runs a request, " +
                $"{ns / Math.Max(1, runs):F0} ns a run gross, {(ns / Math.Max(1, runs)) - floor:F0} net");
        }

        output.WriteLine($"{(interesting ? "measured" : "not measured")}: an empty program reads {floor:F0} ns; net {net / requests:F0} " +
            $"ns a request, both ends of the connection included ({requests} requests)");
        Record($"ns a request, net, {(interesting ? "measured" : "not measured")}", net / requests);
        Assert.InRange(net / requests, -100, 2000);
        if (interesting) Assert.InRange(counters.Read().Sum(e => e.Traffic.Requests), requests, requests * 2);
    }

    /// <summary>
    /// A thousand endpoints and nine thousand live connections (two descriptors each, and a process may have 20,000), all of which carried
    /// a request: the time and the memory of one look at them.
    /// </summary>
    [Fact]
    public async Task Read_ThousandEndpointsNineThousandConnections_InMilliseconds()
    {
        const int endpoints = 1000, each = 9, reads = 100;
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true }, NullLogger.Instance);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen(1024);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var pods = Enumerable.Range(0, endpoints)
            .Select(i => new IPEndPoint(IPAddress.Parse($"127.98.{i / 250}.{(i % 250) + 1}"), port)).ToList();
        counters.SetEndpoints(pods);
        var sockets = new List<Socket>();
        try
        {
            foreach (var pod in pods.SelectMany(pod => Enumerable.Repeat(pod, each)))
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(client);
                await client.ConnectAsync(pod, TestContext.Current.CancellationToken);
                var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
                sockets.Add(server);
                await client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
                var buffer = new byte[64];
                await server.ReceiveAsync(buffer);
                await server.SendAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
                await client.ReceiveAsync(buffer);
            }

            for (var i = 0; i < 4 * reads; i++) counters.Read(); // an agent reads every second for weeks: its code is compiled for good
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            var took = new List<TimeSpan>();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < reads; i++)
            {
                var from = Stopwatch.GetTimestamp();
                var read = counters.Read();
                took.Add(Stopwatch.GetElapsedTime(from));
                Assert.Equal(endpoints, read.Count);
                Assert.All(read, endpoint => Assert.Equal(each, endpoint.Connections));
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            took.Sort();
            Record($"ms a read of {endpoints} endpoints with {endpoints * each} connections", took.Select(one => one.TotalMilliseconds));
            output.WriteLine(
                $"read of {endpoints} endpoints with {endpoints * each} connections: median {took[reads / 2].TotalMilliseconds:F2} ms, " +
                $"slowest {took[^1].TotalMilliseconds:F2} ms; {allocated / reads / 1024} KiB allocated");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    /// <summary>A server that does nothing but answer: the worst case.</summary>
    [Fact]
    public void CpuTime_PerRequestOfAServerThatDoesNothing_WithAndWithoutInInterleavedPairs()
    {
        using var app = new TestApp(Pod);
        Compare("a server that does nothing", () =>
        {
            var before = app.CpuTime;
            var (requests, client) = Wrk(app, seconds: 1);
            return (app.CpuTime - before + client).TotalNanoseconds / requests;
        });
    }

    [Fact]
    public async Task CpuTime_PerRequestOfAspNet_WithAndWithoutInInterleavedPairs()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Pod, 0));
        await using var app = builder.Build();
        var kibibyte = new string('a', 1024);
        app.MapGet("/", () => kibibyte);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var self = Process.GetCurrentProcess();
        Compare("ASP.NET Core, 1 KiB", () =>
        {
            self.Refresh();
            var before = self.TotalProcessorTime;
            var (requests, client) = Wrk(app.Urls.Single(), arguments => Command.Run("wrk", arguments), seconds: 1);
            self.Refresh();
            return (self.TotalProcessorTime - before + client).TotalNanoseconds / requests;
        });
    }

    /// <summary>CPU time per request, server and client together, with against without the programs.</summary>
    private void Compare(string server, Func<double> cpuPerRequest)
    {
        for (var i = 0; i < WarmUps; i++) cpuPerRequest(); // until the server's code is compiled for good
        var (ratios, bare) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < Pairs; pair++)
        {
            var without = pair % 2 == 0 ? cpuPerRequest() : default;
            var with = WithCounters(cpuPerRequest);
            if (pair % 2 == 1) without = cpuPerRequest();
            ratios.Add(with / without);
            bare.Add(without);
        }

        ratios.Sort();
        bare.Sort();
        var (median, quartiles) = (ratios[Pairs / 2], (Low: ratios[Pairs / 4], High: ratios[Pairs * 3 / 4]));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"CPU time per request of {server}, server and client together, measured against not loaded: median {median:F3} of {Pairs} " +
            $"pairs, quartiles {quartiles.Low:F3} to {quartiles.High:F3}; not loaded {bare[Pairs / 2] / 1000:F1} us"));
        Record($"CPU time per request, {server}, with against without", ratios);
        Assert.InRange(median, 0.7, 1.5);
    }

    /// <summary>Keeps a figure in artifacts/bench/overhead.json, in its place among those of other runs.</summary>
    private static void Record<T>(string what, T figures)
    {
        var file = Repository.File("artifacts/bench/overhead.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var all = File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))!.AsObject() : [];
        all[what] = JsonSerializer.SerializeToNode(figures);
        File.WriteAllText(file, all.ToJsonString(Indented));
    }

    private static T WithCounters<T>(Func<T> measure)
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true }, NullLogger.Instance);
        counters.SetInterest([Pod]);
        return measure();
    }

    /// <summary>Loads the service with 16 kept-alive connections; returns the requests made and the client's CPU time.</summary>
    private static (long Requests, TimeSpan Cpu) Wrk(TestApp app, int seconds) =>
        Wrk($"http://{app.Endpoint}/?delay=0", arguments => app.Run("wrk", arguments), seconds);

    private static (long Requests, TimeSpan Cpu) Wrk(string url, Func<string[], string> run, int seconds)
    {
        var before = EndedChildrenCpu();
        var text = run(["-t1", "-c16", $"-d{seconds}s", url]);
        var line = text.Split('\n').Single(l => l.Contains(" requests in ", StringComparison.Ordinal));
        return (long.Parse(line.Trim().Split(' ')[0], CultureInfo.InvariantCulture), EndedChildrenCpu() - before);
    }

    private static unsafe TimeSpan EndedChildrenCpu()
    {
        const int children = -1; // RUSAGE_CHILDREN
        var usage = stackalloc long[18]; // struct rusage: user and system time as seconds and microseconds, then counters
        if (ResourceUsage(children, usage) != 0) throw new InvalidOperationException("getrusage failed.");
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int ResourceUsage(int who, long* usage);
}
