using System.Diagnostics;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>How long a controller took from the start of its process.</summary>
/// <param name="ListsSeconds">Until it had listed everything (<c>/readyz</c>), in seconds.</param>
/// <param name="DecidedSeconds">Until every policy had a decision.</param>
/// <param name="MeasuredSeconds">Until every policy had one by measured latencies.</param>
/// <param name="SteeredSeconds">Until every Service was steered.</param>
internal sealed record ColdStart(double ListsSeconds, double DecidedSeconds, double MeasuredSeconds, double SteeredSeconds);

/// <summary>What a controller takes while nothing changes.</summary>
/// <param name="Seconds">How long it was watched.</param>
/// <param name="ResidentMiB">Resident memory at the end.</param>
/// <param name="HighestMiB">The most resident memory that it had since its start.</param>
/// <param name="LiveHeapMiB">What the last garbage collection left of the heap.</param>
/// <param name="ProcessorPercent">Processor time, in percent of one core.</param>
/// <param name="Writes">Requests to the API server that could change something.</param>
/// <param name="Evaluations">Evaluations of policies.</param>
/// <param name="Failures">Evaluations that failed.</param>
/// <param name="MeanEvaluationMs">Mean time of an evaluation, in milliseconds.</param>
/// <param name="P99EvaluationMs">99 of 100 evaluations took at most so long: the upper bound of the histogram's bucket.</param>
internal sealed record SteadyState(
    double Seconds, double ResidentMiB, double HighestMiB, double LiveHeapMiB, double ProcessorPercent, double Writes, double Evaluations,
    double Failures, double MeanEvaluationMs, double P99EvaluationMs);

/// <summary>A controller process, and what it says of itself.</summary>
internal sealed class ScaledController : IAsyncDisposable
{
    private const string Duration = "aviator_policy_evaluation_duration_seconds", Requests = "aviator_kubernetes_requests_total";
    private static readonly TimeSpan StartLimit = TimeLimits.Seconds(300), Look = TimeSpan.FromMilliseconds(500);

    private readonly ChildProcess _process;
    private readonly long _started = Stopwatch.GetTimestamp();

    private ScaledController(ChildProcess process) => _process = process;

    /// <summary>Starts one with the agents of a generator.</summary>
    /// <param name="fixture">The cluster.</param>
    /// <param name="settings">Its settings, as environment variables.</param>
    /// <param name="assembly">Another build than the one at hand; null for that.</param>
    public static ScaledController Start(ClusterFixture fixture, IReadOnlyDictionary<string, string> settings, string? assembly = null) =>
        new(AviatorProcesses.StartController(
            fixture.Api.Kubeconfig, Path.Combine(ClusterFixture.Artifacts, "controller-scale.log"), settings, assembly));

    /// <summary>Waits until every policy is decided and every Service steered.</summary>
    public async Task<ColdStart> StartedAsync(int policies, CancellationToken stop)
    {
        await AviatorProcesses.ReadyAsync(_process, AviatorProcesses.ControllerAddress, StartLimit, stop);
        var lists = Elapsed();
        double? decided = null, measured = null, steered = null;
        var last = "";
        await Waiting.UntilAsync($"{policies} policies to be decided", StartLimit, async () =>
        {
            var page = await PageAsync(stop);
            var (shown, known) = (page.Count("aviator_policy_degraded"), page.Count("aviator_policy_latency_p99_seconds"));
            var inForce = page.Sum("aviator_services_steered");
            last = $"{shown} decided, {known} by measured latencies, {inForce} steered";
            if (shown >= policies) decided ??= Elapsed();
            if (known >= policies) measured ??= Elapsed();
            if (inForce >= policies) steered ??= Elapsed();
            return decided is not null && measured is not null && steered is not null;
        }, stop, () => $"{last}\n{_process.Tail(15)}", Look);
        return new(lists, decided!.Value, measured!.Value, steered!.Value);
    }

    /// <summary>Watches it for a time in which nothing changes.</summary>
    public async Task<SteadyState> WatchAsync(TimeSpan duration, CancellationToken stop)
    {
        // The pages are outside of what is measured: a page of a thousand policies costs more than many evaluations.
        var before = await PageAsync(stop);
        var (began, used) = (Stopwatch.GetTimestamp(), ProcessUse.ProcessorSeconds(_process));
        await Task.Delay(duration, stop);
        var (seconds, usedAfter) = (Stopwatch.GetElapsedTime(began).TotalSeconds, ProcessUse.ProcessorSeconds(_process));
        var (resident, highest) = ProcessUse.ResidentMiB(_process);
        var after = await PageAsync(stop);
        var evaluations = Since($"{Duration}_count");
        var buckets = after.BucketsSince(before, Duration);
        return new(
            seconds, resident, highest, after.Sum("dotnet_gc_last_collection_heap_size_bytes") / (1 << 20),
            (usedAfter - used) / seconds * 100,
            Since(Requests) - Since(Requests, "method=\"GET\""), evaluations,
            Since("aviator_policy_evaluations_total", "outcome=\"failed\""), Since($"{Duration}_sum") / evaluations * 1000,
            buckets.First(bucket => bucket.Count >= evaluations * 0.99).Bound * 1000);

        double Since(string name, string labels = "") => after.Sum(name, labels) - before.Sum(name, labels);
    }

    /// <summary>Ends it in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync(TimeLimits.ProgramEnd);
        await _process.DisposeAsync();
    }

    private double Elapsed() => Stopwatch.GetElapsedTime(_started).TotalSeconds;

    private static Task<MetricsPage> PageAsync(CancellationToken stop) => MetricsPage.ReadAsync(AviatorProcesses.ControllerAddress, stop);
}
