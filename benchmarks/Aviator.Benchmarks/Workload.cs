using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Benchmarks;

/// <summary>Inputs of the benchmarks: the same in each run, as busy Services have them.</summary>
internal static class Workload
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Ready endpoints with 200 to 5,000 answers each in their windows, about 10 ms each; the latencies of all are of one distribution,
    /// but for one in 20 that is ten times slower where <paramref name="outliers"/> are asked for. In the order of their keys, in which a
    /// controller has them.
    /// </summary>
    /// <param name="count">How many endpoints.</param>
    /// <param name="outliers">Whether there are slow ones.</param>
    /// <param name="evaluation">Other answers of the same endpoints for each.</param>
    public static List<EndpointObservation> Endpoints(int count, bool outliers, int evaluation)
    {
        var random = new Random(evaluation);
        return [.. Enumerable.Range(0, count).Select(index => Endpoint(random, index, outliers && index % 20 == 3 ? 100 : 10))
            .OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal)];
    }

    /// <summary>The state after <paramref name="evaluations"/> of such endpoints.</summary>
    public static PolicyState Remember(PolicySettings settings, int count, bool outliers, int evaluations)
    {
        var state = PolicyState.Initial;
        for (var i = 1; i <= evaluations; i++)
        {
            var endpoints = Endpoints(count, outliers, evaluation: i);
            state = PolicyDecision.Decide(settings, endpoints, state, settings.EvaluationInterval * i, seed: 1).Next;
        }

        return state;
    }

    /// <summary>A busy node's report.</summary>
    public static NodeReport Report(int endpoints)
    {
        var random = new Random(1);
        return new()
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = "node-1",
            Epoch = "5f0c8a52-0d0b-4d55-9f3e-0a4f8f6c7b11",
            Sequence = 12_345,
            AgeSeconds = 0.3,
            SubWindowSeconds = 1,
            Source = LatencySource.Ebpf,
            SourceDetail = "tp_btf/tcp_probe+cgroup_skb/egress",
            Endpoints = [.. Enumerable.Range(0, endpoints).Select(index => Row(random, index))],
        };
    }

    /// <summary>Latencies that spread as those of a service do: log-normal, the 99th percentile four times the median.</summary>
    /// <param name="random">Where they come from.</param>
    /// <param name="median">Their median in milliseconds.</param>
    /// <param name="samples">How many.</param>
    public static LatencyHistogram Latencies(Random random, double median, int samples) =>
        LatencyHistogram.FromSamples(
        Enumerable.Range(0, samples).Select(_ => TimeSpan.FromMilliseconds(median * Math.Exp(0.6 * Normal(random)))));

    private static EndpointObservation Endpoint(Random random, int index, double median)
    {
        var samples = random.Next(200, 5001);
        return new()
        {
            Key = Uid(index),
            Name = $"web-7c9d8b6f5-{index:x5}",
            Address = $"10.{index >> 16}.{(index >> 8) & 255}.{index & 255}",
            Node = $"node-{index % 50}",
            Age = TimeSpan.FromHours(1),
            Window = Measured(random, median, samples, Window),
            Fresh = Measured(random, median, samples / 2, Window / 2),
            Rif = random.Next(4),
            OldestInFlight = TimeSpan.FromMilliseconds(median * random.NextDouble()),
            ReportAge = TimeSpan.FromSeconds(1),
            Probe = new([.. Enumerable.Repeat<TimeSpan?>(TimeSpan.FromMilliseconds(1), 8)], TimeSpan.FromSeconds(1)),
        };
    }

    private static MeasuredWindow Measured(Random random, double median, int samples, TimeSpan duration) =>
        new(Latencies(random, median, samples), 0, 0, duration) { Statuses = new(samples, 0, 0, 0) };

    private static EndpointReport Row(Random random, int index)
    {
        var samples = random.Next(200, 5001);
        return new()
        {
            Address = $"10.0.{index >> 8}.{index & 255}",
            Port = 8080,
            PodUid = Uid(index),
            Namespace = "shop",
            Pod = $"web-7c9d8b6f5-{index:x5}",
            Traffic = new()
            {
                Latency = Latencies(random, 10, samples),
                Requests = samples,
                Statuses = new(samples, 0, 0, 0),
            },
            Rif = random.Next(4),
            OldestInFlightSeconds = 0.004,
            Recent = new() { Seconds = 10, Count = samples, Errors = 0 },
        };
    }

    /// <summary>In the form of a pod's UID, and in no order.</summary>
    private static string Uid(int index) => $"{(uint)index * 2_654_435_761u:x8}-0d0b-4d55-9f3e-{index:x12}";

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
