using Aviator.Core.Measurement;
using FsCheck;
using FsCheck.Fluent;

namespace Aviator.Tests.Kit;

/// <summary>Reports to store: any there can be, and that of a node with many busy endpoints.</summary>
internal static class NodeReports
{
    private static readonly WindowSummary None = new() { Seconds = 0, Count = 0, Errors = 0 };

    public static NodeReport Small(string node, long sequence = 1, double age = 0, double subWindow = 1) => new()
    {
        FormatVersion = NodeReport.CurrentFormatVersion,
        Node = node,
        Epoch = "epoch-1",
        Sequence = sequence,
        AgeSeconds = age,
        SubWindowSeconds = subWindow,
        Source = LatencySource.Ebpf,
        SourceDetail = "test",
        Endpoints = [Row("pod-0", LatencyHistogram.FromSamples([TimeSpan.FromMilliseconds(3)]))],
    };

    /// <summary>
    /// A node whose endpoints have each answered ten million requests, with medians from 1 to 100 ms, a log-normal body and a tail up to
    /// some seconds: about a day at 120 requests a second. Every one is probed as well.
    /// </summary>
    public static NodeReport Busy(int endpoints, long requests = 10_000_000)
    {
        var random = new Random(7);
        return Small("node-of-many-pods.example.internal", 86_400) with
        {
            Epoch = Guid.NewGuid().ToString("N"),
            SourceDetail = "tp_btf/tcp_probe+cgroup_skb/egress",
            Endpoints = [.. Enumerable.Range(0, endpoints).Select(i => Row(
                $"checkout-7c9f8d6b54-{i:x5}", Busy(random, 0.001 * Math.Pow(100, random.NextDouble()), requests), random.Next(1 << 30),
                    Probed(random)))],
        };
    }

    public static Arbitrary<NodeReport> Any() => (
        from node in Text
        from epoch in Text
        from detail in Text
        from sequence in Number
        from age in Real
        from window in Real
        from source in Gen.Elements(LatencySource.Ebpf, LatencySource.Probe)
        from rows in Gen.ListOf(AnyRow)
        select Small(node, sequence, age, window) with { Epoch = epoch, Source = source, SourceDetail = detail, Endpoints = [.. rows] })
            .ToArbitrary();

    private static Gen<string> Text => ArbMap.Default.GeneratorFor<NonNull<string>>()
        .Select(text => new string([.. text.Get.Where(letter => !char.IsSurrogate(letter)).Take(300)]));

    private static Gen<long> Number =>
        Gen.OneOf(Gen.Choose(0, 300).Select(number => (long)number), Gen.Elements(long.MaxValue, 1L << 40, 127, 128, 16_383, 16_384));

    private static Gen<double> Real =>
        Gen.OneOf(Gen.Choose(0, 1_000_000).Select(number => number / 1000.0), Gen.Elements(0, double.Epsilon, 1e300));

    /// <summary>Any bucket; more often those that fill in practice, and the two ends.</summary>
    private static Gen<int> Bucket => Gen.OneOf(
        Gen.Choose(0, HistogramLayout.BucketCount - 1), Gen.Choose(100, 110), Gen.Elements(0, HistogramLayout.BucketCount - 1));

    private static Gen<LatencyHistogram> Histogram =>
        from filled in Gen.ListOf(Bucket.SelectMany(bucket => Gen.Choose(0, int.MaxValue).Select(count => (bucket, count))))
        select Of(filled);

    private static Gen<ProbeReport> Probe =>
        from latency in Histogram
        from failures in Number
        from last in Gen.OneOf(Gen.Constant((double?)null), Real.Select(value => (double?)value))
        from recent in Gen.ListOf(Gen.OneOf(Gen.Constant((double?)null), Real.Select(value => (double?)value)))
        from age in Real
        select new ProbeReport
        {
            Latency = latency,
            Failures = failures,
            LastSeconds = last,
            RecentSeconds = [.. recent.Take(16)],
            AgeSeconds = age
        };

    private static Gen<EngineReport> Engine =>
        from waiting in Number
        from cache in Gen.OneOf(Gen.Constant((double?)null), Real.Select(value => (double?)value))
        from age in Real
        select new EngineReport { Waiting = waiting, CacheUse = cache, AgeSeconds = age };

    private static Gen<EndpointReport> AnyRow =>
        from pod in Text
        from space in Gen.Elements("shop", "shop", "other", "")
        from port in Gen.Choose(0, 65_535)
        from latency in Histogram
        from counters in Gen.ArrayOf(Number, 10)
        from abandoned in Histogram
        from oldest in Real
        from rtt in Gen.OneOf(Gen.Constant((double?)null), Real.Select(value => (double?)value))
        from probe in Gen.OneOf(Gen.Constant((ProbeReport?)null), Probe.Select(probe => (ProbeReport?)probe))
        from engine in Gen.OneOf(Gen.Constant((EngineReport?)null), Engine.Select(engine => (EngineReport?)engine))
        select new EndpointReport
        {
            Address = "10.0.0.1",
            Port = port,
            PodUid = pod,
            Namespace = space,
            Pod = pod,
            Traffic = new()
            {
                Latency = latency,
                Requests = counters[0],
                ServerErrors = counters[1],
                Unanswered = counters[2],
                Unmeasured = counters[3],
                Abandoned = abandoned,
                Statuses = new(counters[5], counters[6], counters[7], counters[8]),
            },
            Rif = counters[4],
            AnswersUnderWay = Math.Min(counters[9], counters[4]),
            OldestInFlightSeconds = oldest,
            NetworkRttSeconds = rtt,
            Probe = probe,
            Engine = engine,
            Recent = None,
        };

    private static EndpointReport Row(string pod, LatencyHistogram latency, int salt = 0, ProbeReport? probe = null) => new()
    {
        Address = $"10.244.{salt & 255}.{(salt >> 8) & 255}",
        Port = 8080,
        PodUid = new Guid(salt, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString(),
        Namespace = "shop",
        Pod = pod,
        Traffic = new()
        {
            Latency = latency,
            Requests = latency.Count,
            ServerErrors = latency.Count / 1000,
            Unanswered = latency.Count / 50_000,
            Statuses = new(latency.Count / 2, 0, latency.Count / 100, 0),
        },
        Rif = salt & 31,
        OldestInFlightSeconds = 0.0123,
        NetworkRttSeconds = 0.000151,
        Probe = probe,
        Recent = None,
    };

    private static LatencyHistogram Busy(Random random, double median, long requests)
    {
        var counts = new long[HistogramLayout.BucketCount];
        const int Samples = 20_000;
        for (var i = 0; i < Samples; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            counts[HistogramLayout.IndexOf((long)(median * Math.Exp(0.6 * normal) * 1e9))] += requests / Samples;
        }

        // One in a thousand is slow for reasons of its own: anything up to a hundred times the median, but for the rare 10 s.
        for (var i = 0; i < 2000; i++)
            counts[HistogramLayout.IndexOf((long)(median * Math.Pow(100, random.NextDouble()) * 1e9))] += 1
                + random.Next((int)(requests / 2_000_000) + 1);
        return LatencyHistogram.FromCounts(counts);
    }

    private static ProbeReport Probed(Random random) => new()
    {
        Latency = LatencyHistogram.FromSamples(Enumerable.Range(0, 1000)
            .Select(_ => TimeSpan.FromMilliseconds(1 + (9 * random.NextDouble())))),
        Failures = 3,
        LastSeconds = 0.0021,
        RecentSeconds = [.. Enumerable.Range(0, 16).Select(_ => (double?)(0.002 * random.NextDouble()))],
        AgeSeconds = 0.7,
    };

    private static LatencyHistogram Of(IEnumerable<(int Bucket, int Count)> filled)
    {
        var counts = new long[HistogramLayout.BucketCount];
        foreach (var (bucket, count) in filled) counts[bucket] = count;
        return LatencyHistogram.FromCounts(counts);
    }
}
