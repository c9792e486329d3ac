using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>What a decision allocates: the time it takes depends on the machine, this does not.</summary>
public sealed class DecisionCostTests
{
    private const int Endpoints = 1000;

    /// <summary>Evidence, verdict, reason and row of each; copies of histograms would be several times that.</summary>
    private const int MostBytesPerEndpoint = 1500;

    [Fact]
    public void Decide_ManyEqualEndpoints_AllocatesLittleForEach()
    {
        var (settings, endpoints) = (new PolicySettings { Breaker = new() { Enabled = true } }, Equals());
        var state = PolicyState.Initial;
        var allocated = 0L;
        for (var i = 1; i <= 3; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var outcome = PolicyDecision.Decide(settings, endpoints, state, settings.EvaluationInterval * i, seed: 1);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            state = outcome.Next;
            Assert.Equal(Endpoints, outcome.Summary.Active);
        }

        Assert.InRange(allocated / Endpoints, 1, MostBytesPerEndpoint);
    }

    private static List<EndpointObservation> Equals()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Endpoints).Select(index => new EndpointObservation
        {
            Key = $"uid-{index:d4}",
            Name = $"web-{index:d4}",
            Address = $"10.0.{index >> 8}.{index & 255}",
            Node = "n1",
            Window = Window(random, samples: 400, TimeSpan.FromSeconds(10)),
            Fresh = Window(random, samples: 200, TimeSpan.FromSeconds(5)),
            Rif = 1,
            OldestInFlight = TimeSpan.FromMilliseconds(2),
            ReportAge = TimeSpan.FromSeconds(1),
        })];
    }

    private static MeasuredWindow Window(Random random, int samples, TimeSpan duration) => new(
        LatencyHistogram.FromSamples(Enumerable.Range(0, samples).Select(_ => TimeSpan.FromMilliseconds(5 + (10 * random.NextDouble())))),
        0,
        0,
        duration);
}
