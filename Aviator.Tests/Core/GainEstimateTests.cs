using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>What a decision would gain that is only shown.</summary>
public sealed class GainEstimateTests
{
    private const int Evaluations = 10;

    private static readonly PolicySettings Observing = new()
    {
        EstimatesGain = true,
        Selection = new() { Mode = SelectionModes.Adaptive },
    };

    [Fact]
    public void Gain_OneOfFourIsSlow_IsThatOfTheOthers()
    {
        var gain = Observe(Observing, Pod("a", 10), Pod("b", 10), Pod("c", 10), Pod("slow", 300)).Gain!;
        Assert.InRange(gain.P99Now.TotalMilliseconds, 280, 320);
        Assert.InRange(gain.P99.TotalMilliseconds, 9.3, 10.7);
        Assert.InRange(gain.P50Now.TotalMilliseconds, 9.3, 10.7);
        Assert.InRange(gain.P50.TotalMilliseconds, 9.3, 10.7);
        Assert.Equal(0.25, gain.Moved, 3);
    }

    /// <summary>A pod with little traffic has a longer window; its answers are not more of the traffic for that.</summary>
    [Fact]
    public void Gain_WindowsOfUnlikeLength_CountByTheirRate()
    {
        var gain = Observe(Observing, Pod("a", 10), Pod("b", 10), Pod("c", 10), Pod("slow", 300, seconds: 20)).Gain!;
        Assert.Equal(0.25 / 3.25, gain.Moved, 3);
    }

    /// <summary>One of ten is new, and keeps a tenth of a share while it looks slow.</summary>
    [Fact]
    public void Gain_SharesBetweenZeroAndOne_CountAsParts()
    {
        var settings = Observing with { CarriesWeights = true };
        var (known, outcome) = (Enumerable.Range(0, 9).Select(pod => Pod($"p{pod}", 10)).ToList(), (PolicyOutcome?)null);
        List<EndpointObservation>[] looks =
            [known, known, [.. known, Pod("new", 900) with { Window = MeasuredWindow.Empty }], [.. known, Pod("new", 900)]];
        for (var i = 0; i < looks.Length; i++)
            outcome = PolicyDecision.Decide(
                settings, looks[i], outcome?.Next ?? PolicyState.Initial, TimeSpan.FromSeconds(5 * (i + 1)), seed: 1);
        Assert.Equal(0.1, outcome!.Decision.WeightOf("new"));
        Assert.Equal(0.09, outcome.Summary.Gain!.Moved, 3);
    }

    [Fact]
    public void Gain_WhereNothingWouldMove_IsNone() =>
        Assert.Null(Observe(Observing, Pod("a", 10), Pod("b", 11), Pod("c", 12)).Gain);

    [Fact]
    public void Gain_OfADecisionThatIsCarriedOut_IsNone() =>
        Assert.Null(Observe(Observing with { EstimatesGain = false }, Pod("a", 10), Pod("b", 10), Pod("c", 10), Pod("slow", 300)).Gain);

    /// <summary>Probes say nothing of how requests are spread.</summary>
    [Fact]
    public void Gain_ByProbes_IsNone() => Assert.Null(Observe(
        Observing with { Source = LatencySource.Probe }, Pod("a", 10), Pod("b", 10), Pod("c", 10), Pod("slow", 300)).Gain);

    private static PolicySummary Observe(PolicySettings settings, params IReadOnlyList<EndpointObservation> pods)
    {
        var outcome = PolicyDecision.Decide(settings, pods, PolicyState.Initial, TimeSpan.FromSeconds(5), seed: 1);
        for (var i = 2; i <= Evaluations; i++)
            outcome = PolicyDecision.Decide(settings, pods, outcome.Next, TimeSpan.FromSeconds(5 * i), seed: 1);
        return outcome.Summary;
    }

    private static EndpointObservation Pod(string name, double milliseconds, double seconds = 5)
    {
        var latency = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), 200));
        var window = new MeasuredWindow(latency, 0, 0, TimeSpan.FromSeconds(seconds));
        return new() { Key = name, Name = name, Address = name, Window = window, Fresh = window };
    }
}
