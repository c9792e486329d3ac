using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;
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
        Assert.InRange(net / requests, -100, 2000);
        if (interesting) Assert.InRange(counters.Read().Sum(e => e.Traffic.Requests), requests, requests * 2);
    }

    [Fact]
    public void CpuTime_PerRequest_WithAndWithoutInInterleavedPairs()
    {
        using var app = new TestApp(Pod);
        Wrk(app, seconds: 1);
        var ratios = new List<double>();
        for (var pair = 0; pair < Pairs; pair++)
        {
            var without = pair % 2 == 0 ? CpuPerRequest(app) : default;
            var with = WithCounters(() => CpuPerRequest(app));
            if (pair % 2 == 1) without = CpuPerRequest(app);
            ratios.Add(with / without);
        }

        ratios.Sort();
        var median = ratios[Pairs / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"CPU time per request, server and client together, measured against not loaded: median {median:F3} of {Pairs} pairs, " +
            $"quartiles {ratios[Pairs / 4]:F3} to {ratios[Pairs * 3 / 4]:F3}"));
        Assert.InRange(median, 0.7, 1.5);
    }

    private static T WithCounters<T>(Func<T> measure)
    {
        using var counters = KernelCounters.Open(new KernelCountersOptions { MeasureLoopback = true }, NullLogger.Instance);
        counters.SetInterest([Pod]);
        return measure();
    }

    private static double CpuPerRequest(TestApp app)
    {
        var before = app.CpuTime;
        var (requests, client) = Wrk(app, seconds: 1);
        return (app.CpuTime - before + client).TotalNanoseconds / requests;
    }

    /// <summary>Loads the service with 16 kept-alive connections; returns the requests made and the client's CPU time.</summary>
    private static (long Requests, TimeSpan Cpu) Wrk(TestApp app, int seconds)
    {
        var before = EndedChildrenCpu();
        var text = app.Run("wrk", "-t1", "-c16", $"-d{seconds}s", $"http://{app.Endpoint}/?delay=0");
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
