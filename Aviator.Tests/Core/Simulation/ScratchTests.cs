using Aviator.Controller.Core;
using Xunit;

namespace Aviator.Tests.Core.Simulation;

public sealed class ScratchTests(ITestOutputHelper output)
{
    private static PolicySettings S(double interval, Func<PolicySettings, PolicySettings>? with = null)
    {
        var s = new PolicySettings { EvaluationInterval = TimeSpan.FromSeconds(interval) };
        return with?.Invoke(s) ?? s;
    }
    private static List<SimulatedPod> Pods(int n, Func<Random, double> l, int workers = int.MaxValue) => Enumerable.Range(0, n).Select(i => new SimulatedPod($"p{i:000}", l) { Workers = workers }).ToList();
    private void Dump(Simulator sim, string title, int last = 40)
    {
        output.WriteLine($"== {title} t={sim.Now:0} evals={sim.Evaluations} changes={sim.Changes} trials={sim.Trials} p50={sim.Percentile(.5):0.0} p99={sim.Percentile(.99):0.0} n={sim.Latencies.Count} active={sim.Last?.Summary.Active}");
        foreach (var l in sim.Log.TakeLast(last)) output.WriteLine("   " + l);
        sim.Log.Clear();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Demo(double interval)
    {
        SimulatedPod[] pods = [new("fast-a", Latency.Steady(10)), new("fast-b", Latency.Steady(10)), new("slow-c", Latency.Steady(500)), new("slow-d", Latency.Steady(500))];
        var sim = new Simulator(S(interval), pods, 100, 1);
        sim.Run(40); Dump(sim, "warm");
        sim.Mark(); sim.Run(600);
        output.WriteLine($"slow share {sim.ShareOf("slow-c", "slow-d"):P2}"); Dump(sim, "steady");
        sim.Mark();
        pods[0].Milliseconds = Latency.Steady(500); pods[2].Milliseconds = Latency.Steady(10);
        var t = sim.RunUntil(() => !sim.Selected.Contains("fast-a") && sim.Selected.Contains("slow-c"), 120);
        output.WriteLine($"shift {t}"); Dump(sim, "shift");
        sim.Mark(); sim.Run(300);
        output.WriteLine($"slow share {sim.ShareOf("fast-a", "slow-d"):P2}"); Dump(sim, "after");
        sim.Mark();
        pods[1].Milliseconds = Latency.Steady(500); pods[2].Milliseconds = Latency.Steady(500);
        pods[0].Milliseconds = Latency.Steady(10); pods[3].Milliseconds = Latency.Steady(10);
        t = sim.RunUntil(() => sim.Selected.SetEquals(["fast-a", "slow-d"]), 120);
        output.WriteLine($"full swap {t}"); Dump(sim, "swap");
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(20, 200)]
    [InlineData(100, 500)]
    public void Equal(int n, double rate)
    {
        foreach (var (name, l) in new[] { ("steady", Latency.Steady(10)), ("exp", Latency.Exponential(10)), ("bimodal", Latency.Bimodal(10, 200, 0.02)) })
        {
            var sim = new Simulator(S(5), Pods(n, l), rate, 3, subWindow: n > 50 ? 5 : 1);
            sim.Run(200); Dump(sim, "equal warm " + name, 4);
            sim.Mark(); sim.Run(2500); Dump(sim, $"equal {n} {name}", 10);
        }
    }

    [Fact]
    public void Overload()
    {
        foreach (var util in (Environment.GetEnvironmentVariable("UTIL") ?? "0.3,0.45,0.6,0.8,0.95").Split(',').Select(double.Parse))
        {
            var sim = new Simulator(S(5), Pods(10, Latency.Exponential(10), workers: 1), 1000 * util, 5);
            sim.Run(300); Dump(sim, $"overload warm {util}", 60);
            sim.Mark(); sim.Run(1500);
            Dump(sim, $"overload {util}", 60);
        }
    }
}
