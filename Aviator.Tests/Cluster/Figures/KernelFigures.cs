using System.Globalization;
using System.Net;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>
/// The kernel's choice beside kube-proxy, slices, two proxies and an oracle: the same pods, the same clients, one arm after the other in
/// turns. `make figures` runs it, writes artifacts/bench/kernel.json and prints the table of docs/kernel.md.
/// </summary>
public sealed class KernelFigures(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const int Repetitions = 10, PodPort = 8080;
    private const double RequestsPerSecond = 200;
    private const string Slow = "d";
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(4);
    private static readonly string[] Pods = ["a", "b", "c", Slow];

    /// <summary>One of four pods, which answer after 10 ms, takes five or sixteen times as long.</summary>
    [Theory(Explicit = true)]
    [InlineData(50)]
    [InlineData(160)]
    public async Task OneOfFourPodsIsSlow(int milliseconds)
    {
        await Workload.AddAsync(Stop, Pods);
        var plain = await Workload.ExposeAsync(Stop);
        List<IPEndPoint> pods = [.. Pods.Select(pod => new IPEndPoint(Workload.Pods[pod].Address, PodPort))];
        await using var haproxy = await Proxy.HaproxyAsync(pods, Stop);
        await using var yarp = await Proxy.YarpAsync(pods, Stop);
        Arm[] arms =
        [
            new("kube-proxy", plain, []),
            new("EndpointSlices", await SteeredAsync("by-slices", "routing: Service"), [Fixture.Agent!, Fixture.Controller!]),
            new("kernel", await SteeredAsync("by-kernel", "routing: Kernel"), [Fixture.Agent!, Fixture.Controller!]),
            new("oracle", await OracleAsync(), []),
            new("HAProxy leastconn", haproxy.Address, [haproxy.Process]),
            new("YARP power of two", yarp.Address, [yarp.Process]),
        ];
        await Workload.SetDelayAsync(Slow, milliseconds, Stop);
        await using (Traffic(plain, RequestsPerSecond))
        {
            await LeavesAsync("by-slices");
            await LeavesAsync("by-kernel");
        }

        for (var repetition = 0; repetition < Repetitions; repetition++)
            for (var turn = 0; turn < arms.Length; turn++)
                await arms[(repetition + turn) % arms.Length].RunAsync(RequestsPerSecond, Turn, Stop);

        var fewest = Repetitions * RequestsPerSecond * Turn.TotalSeconds / 2;
        Assert.All(arms, arm => Assert.True(arm.Requests > fewest, $"{arm.Name}: {arm.Requests} requests"));
        await WriteAsync(milliseconds, arms);
    }

    private async Task<IPEndPoint> SteeredAsync(string service, string spec)
    {
        await Workload.ApplyAsync(
            Workload.ServiceManifest().Replace($"name: {Workload.Service}\n", $"name: {service}\n", StringComparison.Ordinal), Stop);
        await Workload.ApplyAsync(PolicyText.For(service, $"{spec}\nselection: {{mode: adaptive}}", service), Stop);
        await ConditionBecomesAsync("Steering", "True", name: service);
        return await Workload.AddressAsync(Stop, service);
    }

    /// <summary>A Service whose owner has taken the slow pod out by hand.</summary>
    private async Task<IPEndPoint> OracleAsync()
    {
        const string service = "oracle";
        await Workload.ApplyAsync($$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{service}}}
            spec:
              ports: [{name: http, port: 80, targetPort: {{PodPort}}, protocol: TCP}]
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: {{service}}}
            subsets:
              - ports: [{name: http, port: {{PodPort}}, protocol: TCP}]
                addresses: [{{string.Join(", ", Pods.Where(pod => pod != Slow).Select(pod => $"{{ip: {Workload.Pods[pod].Address}}}"))}}]
            """, Stop);
        return await Workload.AddressAsync(Stop, service);
    }

    private async Task LeavesAsync(string policy)
    {
        await Waiting.UntilAsync($"{policy} to leave the slow pod out", DecisionLimit, async () =>
            await Api.PolicyAsync(Namespace, policy, Stop) is { } found && found.TryGetProperty("status", out var status) &&
            status.TryGetProperty("activePods", out var active) && active.GetInt32() == Pods.Length - 1, Stop);
    }

    private static async Task WriteAsync(int milliseconds, IReadOnlyList<Arm> arms)
    {
        var oracle = arms.Single(arm => arm.Name == "oracle").Over(run => run.PercentileMs(0.99)).Median;
        var output = TestContext.Current.TestOutputHelper;
        output?.WriteLine(
            $"One of four pods takes {milliseconds} ms, the others 10; {RequestsPerSecond} requests/s, each on a new connection; "
            + $"median of {Repetitions} turns of {Turn.TotalSeconds:0} s (lowest to highest)");
        output?.WriteLine(
            "| | p50 ms | p99 ms | p99.9 ms | p99 to the oracle's | to the slow pod | failed | added CPU seconds per 1,000 requests |");
        output?.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var arm in arms)
        {
            output?.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {arm.Name} | {Text(arm, 0.5)} | {Text(arm, 0.99)} | {Text(arm, 0.999)} | "
                + $"{arm.Over(run => run.PercentileMs(0.99)).Median / oracle:0.00} | {arm.Over(run => run.Share(Slow)).Median:P1} | "
                + $"{arm.Runs.Sum(run => run.Failures.Count)} | {arm.ProcessorSecondsPerThousand:0.00} |"));
        }

        await FigureFile.KeepAsync($"{milliseconds} ms", arms.Select(arm => new
        {
            arm.Name,
            arm.Requests,
            P50Ms = arm.Runs.Select(run => run.PercentileMs(0.5)),
            P99Ms = arm.Runs.Select(run => run.PercentileMs(0.99)),
            P999Ms = arm.Runs.Select(run => run.PercentileMs(0.999)),
            SlowShare = arm.Runs.Select(run => run.Share(Slow)),
            Failed = arm.Runs.Sum(run => run.Failures.Count),
            arm.ProcessorSecondsPerThousand,
        }), Stop);
    }

    private static string Text(Arm arm, double quantile)
    {
        var (median, low, high) = arm.Over(run => run.PercentileMs(quantile));
        return string.Create(CultureInfo.InvariantCulture, $"{median:0.0} ({low:0.0} to {high:0.0})");
    }
}
