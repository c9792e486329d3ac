using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>How soon the kernels leave out a pod that turns slow, and what a connect costs its client; part of `make figures`.</summary>
public sealed class ReactionFigures(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const int Turns = 12, Fast = 10, Slow = 160;
    private static readonly string[] Pods = ["a", "b", "c", "d"];

    /// <summary>Twelve times one of four pods, each in its turn, takes sixteen times as long, and is well again once it is out.</summary>
    [Theory(Explicit = true)]
    [InlineData("250ms")]
    [InlineData("1s")]
    public async Task PodTurnsSlow_AgainAndAgain(string interval)
    {
        await Workload.AddAsync(Stop, Pods);
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop), 200);
        await ApplyPolicyAsync($"routing: Kernel\nevaluationInterval: {interval}\nselection: {{mode: adaptive}}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        var reactions = new List<double>();
        for (var turn = 0; turn < Turns; turn++)
        {
            var pod = Pods[turn % Pods.Length];
            // All of them: while one is out or on trial another is slower to leave.
            await Waiting.UntilAsync("every pod to have its share", TimeLimits.Seconds(120), () =>
            {
                var lately = traffic.Snapshot(traffic.Now - TimeSpan.FromSeconds(10));
                return Task.FromResult(Array.TrueForAll(Pods, each => lately.Share(each) > 0.15));
            }, Stop);
            await Workload.SetDelayAsync(pod, Slow, Stop);
            var slowed = traffic.Now;
            await ElapsedAsync(traffic, 8);
            reactions.Add((traffic.Snapshot(slowed).Of(pod).Outcomes.Max(request => request.StartedAt) - slowed).TotalSeconds);
            await Workload.SetDelayAsync(pod, Fast, Stop);
        }

        await NothingLostAsync(traffic);
        reactions.Sort();
        var seconds = string.Join(", ", reactions.Select(reaction => reaction.ToString("0.00", CultureInfo.InvariantCulture)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{interval}: last connection after {seconds} s");
        await FigureFile.KeepAsync($"reaction at {interval}, seconds", reactions, Stop);
        Assert.All(reactions, reaction => Assert.InRange(reaction, 0, 8));
    }

    /// <summary>One client that connects and closes again, through kube-proxy and through the kernel's choice in turns.</summary>
    [Fact(Explicit = true)]
    public async Task ConnectsPerSecond()
    {
        await Workload.AddAsync(Stop, Pods);
        var plain = await Workload.ExposeAsync(Stop);
        await Workload.ApplyAsync(
            Workload.ServiceManifest().Replace($"name: {Workload.Service}\n", "name: by-kernel\n", StringComparison.Ordinal), Stop);
        await Workload.ApplyAsync(PolicyText.For("by-kernel", "routing: Kernel", "by-kernel"), Stop);
        await ConditionBecomesAsync("Steering", "True", name: "by-kernel");
        var kernel = await Workload.AddressAsync(Stop, "by-kernel");
        var (without, with) = (new List<double>(), new List<double>());
        for (var turn = 0; turn < Turns; turn++)
        {
            without.Add(Connect(plain));
            with.Add(Connect(kernel));
        }

        without.Sort();
        with.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"connects per second, medians of {Turns}: kube-proxy {without[Turns / 2]:0} ({without[0]:0} to {without[^1]:0}), "
            + $"kernel {with[Turns / 2]:0} ({with[0]:0} to {with[^1]:0})"));
        await FigureFile.KeepAsync("connects per second", new { KubeProxy = without, Kernel = with }, Stop);
        Assert.InRange(with[Turns / 2] / without[Turns / 2], 0.5, 10);
    }

    private static double Connect(IPEndPoint service)
    {
        var (watch, connects) = (Stopwatch.StartNew(), 0);
        for (; watch.Elapsed < TimeSpan.FromSeconds(1); connects++)
        {
            using var socket = new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.LingerState = new LingerOption(true, 0); // no port stays in TIME_WAIT
            socket.Connect(service);
        }

        return connects / watch.Elapsed.TotalSeconds;
    }
}
