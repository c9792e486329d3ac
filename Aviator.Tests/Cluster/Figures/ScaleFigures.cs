using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>
/// What the controller costs as a cluster grows: a real API server, pods that are objects only, and agents that make their counters up.
/// `eng/test.sh figures -class "*ScaleFigures"` runs it and writes artifacts/bench/scale.json, which docs/scale.md quotes.
/// </summary>
public sealed class ScaleFigures(ClusterFixture cluster) : IAsyncLifetime
{
    /// <summary>Another build's Aviator.Controller.dll, measured after the one at hand in the same cluster, the same pods.</summary>
    private const string OtherBuild = "AVIATOR_SCALE_BESIDE";

    /// <summary>The one number of pods to measure, of those that the tests of ten pods per Service know.</summary>
    private const string OnlySize = "AVIATOR_SCALE_PODS";

    private const int Changes = 20;

    /// <summary>The controller keeps reports of 75 s; after that its memory has its size.</summary>
    private static readonly TimeSpan Filled = TimeSpan.FromSeconds(90), Watched = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await cluster.RequireAsync(Stop);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Services of ten pods, ten to a namespace.</summary>
    [Theory(Explicit = true)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public Task ServicesOfTenPods(int pods) => MeasureIfAskedAsync($"{pods} pods", pods, servicesPerNamespace: 10);

    /// <summary>The same, all in one namespace.</summary>
    [Theory(Explicit = true)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public Task ServicesOfTenPods_InOneNamespace(int pods) =>
        MeasureIfAskedAsync($"{pods} pods in one namespace", pods, servicesPerNamespace: pods / 10);

    /// <summary>One Service of very many endpoints.</summary>
    [Fact(Explicit = true)]
    public Task OneServiceOf5000Pods() => MeasureAsync("one Service of 5000 pods", new(5_000, 5_000, 1));

    private Task MeasureIfAskedAsync(string name, int pods, int servicesPerNamespace)
    {
        var only = Environment.GetEnvironmentVariable(OnlySize);
        Assert.SkipUnless(string.IsNullOrEmpty(only) || only == pods.ToString(CultureInfo.InvariantCulture), $"{OnlySize}={only}");
        return MeasureAsync(name, new(pods, 10, servicesPerNamespace));
    }

    private async Task MeasureAsync(string name, ScaleSize size)
    {
        await using var world = await ScaleWorld.CreateAsync(cluster.Api, size, Stop);
        await using var agents = await ReportGenerator.StartAsync(world.Pods, Stop);
        await world.AddPoliciesAsync(Stop);
        var settings = new Dictionary<string, string> { ["Aviator__Agents"] = agents.Agents };
        await MeasureAsync(name, "first start", world, settings, null);
        await using (var again = ScaledController.Start(cluster, settings))
            await KeepAsync($"{name}, restart", new { Start = await again.StartedAsync(size.Services, Stop) });
        if (Environment.GetEnvironmentVariable(OtherBuild) is { Length: > 0 } other)
            await MeasureAsync(name, "other build", world, settings, other);
    }

    private async Task MeasureAsync(
        string name, string turn, ScaleWorld world, IReadOnlyDictionary<string, string> settings, string? assembly)
    {
        await using var controller = ScaledController.Start(cluster, settings, assembly);
        var start = await controller.StartedAsync(world.Size.Services, Stop);
        await Task.Delay(Filled, Stop);
        var steady = await controller.WatchAsync(Watched, Stop);
        var reaction = world.Size.Services == 1 ? await ReactAsync(world) : null;
        await KeepAsync($"{name}, {turn}", new { World = world.Size, Start = start, Steady = steady, Reaction = reaction });
        Assert.Equal(0, steady.Failures);
    }

    /// <summary>Keeps a figure, and shows it.</summary>
    private static async Task KeepAsync<T>(string name, T figure)
    {
        await FigureFile.KeepAsync("scale.json", name, figure, Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {JsonSerializer.Serialize(figure)}");
    }

    /// <summary>One pod after the other turns unready, and ready again.</summary>
    private async Task<Reaction> ReactAsync(ScaleWorld world)
    {
        var (leaving, returning) = (new List<double>(), new List<double>());
        for (var i = 0; i < Changes; i++)
        {
            var pod = world.Pods[i * world.Pods.Count / Changes];
            leaving.Add(await ReachesSliceAsync(world, pod, false));
            returning.Add(await ReachesSliceAsync(world, pod, true));
        }

        return new(leaving, returning);
    }

    private async Task<double> ReachesSliceAsync(ScaleWorld world, PaperPod pod, bool ready)
    {
        var path = await world.SliceOfAsync(pod, Stop);
        await world.SetReadyAsync(pod, ready, Stop);
        var stored = Stopwatch.GetTimestamp();
        await Waiting.UntilAsync($"{pod.Name} to be {(ready ? "ready" : "unready")} in its slice", TimeLimits.Decision, async () =>
            await world.IsReadyInAsync(path, pod, Stop) == ready, Stop, pause: TimeSpan.FromMilliseconds(5));
        return Stopwatch.GetElapsedTime(stored).TotalMilliseconds;
    }

    /// <summary>Time from the write of a pod's readiness, once the API server had stored it, to the slice that says so.</summary>
    /// <param name="LeavingMs">Of pods that turned unready, in milliseconds.</param>
    /// <param name="ReturningMs">Of pods that were ready again, in milliseconds.</param>
    private sealed record Reaction(IReadOnlyList<double> LeavingMs, IReadOnlyList<double> ReturningMs);
}
