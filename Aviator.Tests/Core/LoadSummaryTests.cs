using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>What an autoscaler is told: all of the load, or nothing.</summary>
public sealed class LoadSummaryTests
{
    private static readonly PolicySettings Settings = new();

    [Fact]
    public void Load_OfAllReadyEndpoints_IsWhatCameAndWhatIsInFlight()
    {
        // 40 a second are answered by each; at one of them five more wait than did ten seconds ago, and three were given up.
        var queues = Pod("b") with
        {
            Window = Answers(40) with { WaitingBefore = 2, Abandoned = LatencyHistogram.FromSamples(Latencies(3)) },
            Rif = 9,
            AnswersUnderWay = 2,
        };

        var load = LoadOf([Pod("a") with { Window = Answers(40) with { WaitingBefore = 4 }, Rif = 4 }, queues]);

        Assert.Equal(80 + ((5 + 3) / 10.0), load!.ArrivalRate, 6);
        Assert.Equal(13, load.InFlight);
    }

    [Fact]
    public void Load_WhileAnyReadyEndpointIsNotCounted_IsUnknown()
    {
        Assert.NotNull(LoadOf([Pod("a"), Pod("b")]));
        Assert.Null(LoadOf([Pod("a"), Pod("b") with { Report = ReportFreshness.Stale }]));
        Assert.Null(LoadOf([Pod("a"), Pod("b") with { Report = ReportFreshness.Missing }]));
        Assert.Null(LoadOf([Pod("a"), Pod("b") with { Obstacle = MeasuringObstacle.Sandbox }]));
        Assert.Null(LoadOf([Pod("a"), Pod("b") with { CountsTraffic = false }]));
        Assert.Null(LoadOf([Pod("a"), Pod("b") with { Window = MeasuredWindow.Empty }]));
    }

    /// <summary>Where nothing is ready, nothing is served: to call that no load would take pods away.</summary>
    [Fact]
    public void Load_WithoutReadyEndpoints_IsUnknown() => Assert.Null(LoadOf([]));

    [Theory]
    [InlineData(0, true)]
    [InlineData(30, true)]
    [InlineData(60, false)]
    public void Load_BesideTrafficThatCannotBeMeasured_IsKnownUpToATenth(int unmeasured, bool isKnown) =>
        Assert.Equal(isKnown, LoadOf([Pod("a") with { Window = Answers(40) with { Unmeasured = unmeasured } }]) is not null);

    /// <summary>Probes come at their own rate.</summary>
    [Fact]
    public void Load_ByProbes_IsUnknown() => Assert.Null(LoadOf([Pod("a")], Settings with { Source = LatencySource.Probe }));

    [Fact]
    public void Unused_BeforeTheFirstRanking_IsUnknown()
    {
        var silent = Pod("a") with { Window = MeasuredWindow.Empty with { Duration = Settings.Measurement.Window } };
        Assert.Null(LoadOf([silent with { Fresh = MeasuredWindow.Empty }])!.Unused);
    }

    [Fact]
    public void Unused_AtHalfTheLoadThatIsKnownToBeGood_IsHalf()
    {
        var (busy, quiet) = ((EndpointObservation[])[Pod("a", 80), Pod("b", 80)], (EndpointObservation[])[Pod("a", 40), Pod("b", 40)]);
        var full = Decide(busy, PolicyState.Initial, 1);
        Assert.Equal(0, full.Summary.Load!.Unused!.Value, 6);

        var half = Decide(quiet, full.Next, 2);

        Assert.InRange(half.Summary.Load!.Unused!.Value, 0.4, 0.5);
    }

    private static LoadSummary? LoadOf(IReadOnlyCollection<EndpointObservation> observed, PolicySettings? settings = null) =>
        Decide(observed, PolicyState.Initial, 1, settings).Summary.Load;

    private static PolicyOutcome Decide(
        IReadOnlyCollection<EndpointObservation> observed, PolicyState state, int evaluation, PolicySettings? settings = null) =>
        PolicyDecision.Decide(settings ?? Settings, observed, state, evaluation * Settings.EvaluationInterval, seed: 1);

    private static EndpointObservation Pod(string name, int rate = 40) => new()
    {
        Key = name,
        Name = name,
        Address = name,
        Window = Answers(rate),
        Fresh = Answers(rate) with { Duration = Settings.EvaluationInterval },
    };

    /// <summary>So many a second, for ten seconds.</summary>
    private static MeasuredWindow Answers(int rate) =>
        new(LatencyHistogram.FromSamples(Latencies(rate * 10)), 0, 0, TimeSpan.FromSeconds(10));

    private static IEnumerable<TimeSpan> Latencies(int count) => Enumerable.Repeat(TimeSpan.FromMilliseconds(10), count);
}
