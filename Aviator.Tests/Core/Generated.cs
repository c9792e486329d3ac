using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Core;

/// <summary>Random but reproducible inputs of a decision: a property gives a seed, and a failure names it.</summary>
internal static class Generated
{
    public static PolicySettings Settings(Random random) => new()
    {
        EvaluationInterval = TimeSpan.FromSeconds(random.Next(1, 10)),
        LatencyThreshold = TimeSpan.FromMilliseconds(random.Next(5, 800)),
        Source = random.Next(5) == 0 ? LatencySource.Probe : LatencySource.Ebpf,
        Selection = new()
        {
            Mode = SelectionModes.All[random.Next(SelectionModes.All.Count)],
            TopN = random.Next(1, 8),
            Percentage = random.Next(1, 101)
        },
        Breaker = new()
        {
            Enabled = random.Next(2) == 0,
            P99Threshold = TimeSpan.FromMilliseconds(random.Next(50, 800)),
            ConsecutiveViolations = random.Next(1, 4)
        },
        Dampening = new()
        {
            Enabled = random.Next(4) != 0,
            ConsecutiveIntervals = random.Next(1, 4),
            ThresholdPercent = random.Next(1, 101)
        },
        Safety = new() { MinEndpoints = random.Next(1, 5), PanicThreshold = random.Next(0, 101) },
        CarriesWeights = random.Next(2) == 0,
    };

    public static List<EndpointObservation> Endpoints(Random random, int most = 12) =>
        [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(index => Endpoint(random, index))];

    /// <summary>Other numbers for the same endpoints, some gone and some new.</summary>
    public static List<EndpointObservation> Evolve(Random random, IReadOnlyList<EndpointObservation> endpoints)
    {
        var kept = endpoints.Where(_ => random.Next(12) != 0).Select(seen => Endpoint(random, int.Parse(seen.Key[4..], null))).ToList();
        if (kept.Count == 0 || random.Next(6) == 0) kept.Add(Endpoint(random, kept.Count + 1000 + (1000 * random.Next(1000))));
        return [.. kept.DistinctBy(seen => seen.Key)];
    }

    private static EndpointObservation Endpoint(Random random, int index)
    {
        var mean = random.Next(3) switch { 0 => 10.0, 1 => 30.0, _ => 600.0 };
        var window = Window(random, mean, random.Next(4) == 0 ? random.Next(25) : random.Next(20, 400));
        var stuck = random.Next(6) == 0;
        return new EndpointObservation
        {
            Key = $"uid-{index}",
            Name = $"pod-{index % 7}",
            Address = $"10.0.0.{index % 250}",
            Node = $"n{index % 3}",
            Window = window,
            Fresh = random.Next(5) == 0 ? MeasuredWindow.Empty : Window(random, mean, random.Next(0, 100)),
            Rif = stuck ? random.Next(1, 50) : random.Next(3),
            OldestInFlight = stuck ? TimeSpan.FromSeconds(random.NextDouble() * 30) : TimeSpan.Zero,
            Report = random.Next(10) switch { 0 => ReportFreshness.Stale, 1 => ReportFreshness.Missing, _ => ReportFreshness.Fresh },
            ReportAge = TimeSpan.FromSeconds(random.Next(20)),
            Probe = random.Next(2) == 0 ? ProbeObservation.None : new ProbeObservation(
                [.. Enumerable.Range(0, random.Next(17))
                    .Select(_ => random.Next(8) == 0 ? (TimeSpan?)null : TimeSpan.FromMilliseconds(mean * random.NextDouble()))],
                    TimeSpan.FromSeconds(1)),
        };
    }

    private static MeasuredWindow Window(Random random, double mean, int samples) => new(
        LatencyHistogram.FromSamples(Enumerable.Range(0, samples)
            .Select(_ => TimeSpan.FromMilliseconds(mean * (0.5 + random.NextDouble())))),
        random.Next(8) == 0 ? random.Next(0, samples + 1) : 0, random.Next(8) == 0 ? random.Next(500) : 0,
            TimeSpan.FromSeconds(random.Next(1, 11)));
}
