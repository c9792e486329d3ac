using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Collection;

public sealed partial class WindowStoreTests
{
    private static readonly MeasuredEndpoint Pod = new("uid-a", "a", "10.0.0.1", 8080, "n1");
    private static readonly PolicySettings Settings = new() { EvaluationInterval = Seconds(1) };
    private readonly WindowStore _store = new();

    [Fact]
    public void Observe_OneReport_HasNoWindowYet()
    {
        Accept(sequence: 1, at: 1, samples: 500);
        var seen = Observe(1);
        Assert.Equal(0, seen.Window.Latency.Count);
        Assert.Equal(ReportFreshness.Fresh, seen.Report);
    }

    [Fact]
    public void Observe_BusyEndpoint_CutsTheAskedWindow()
    {
        for (var i = 1; i <= 30; i++) Accept(i, at: i, samples: i * 100);
        var seen = Observe(30, lastEvaluation: 27);
        Assert.Equal(Seconds(10), seen.Window.Duration);
        Assert.Equal(1000, seen.Window.Latency.Count);
        Assert.Equal(Seconds(3), seen.Fresh.Duration);
        Assert.Equal(300, seen.Fresh.Latency.Count);
    }

    /// <summary>By HTTP a report is JSON, in which any number may stand.</summary>
    [Theory]
    [InlineData(3, 2, 1)]
    [InlineData(3, 99, 0)]
    [InlineData(3, -1, 3)]
    [InlineData(-1, 1, -1)]
    public void Observe_AnswersUnderWay_AreSomeOfThoseInFlight(long rif, long answersUnderWay, long waiting)
    {
        Assert.Null(_store.Accept(Report(1, 0, "first", [Row(1) with { Rif = rif, AnswersUnderWay = answersUnderWay }]), Seconds(1)));

        Assert.Equal(waiting, Observe(1, lastEvaluation: 0).Waiting);
    }

    /// <summary>A moment in which all is held up is seen in one report; reports may come eight times a second.</summary>
    [Fact]
    public void Observe_InFlightBefore_IsThatOfTheLastReportHalfASecondEarlier()
    {
        Assert.Null(_store.Accept(Report(1, 0, "first", [Row(1) with { Rif = 1 }]), Seconds(1)));
        Assert.Null(Observe(now: 1, lastEvaluation: 0).RifBefore);
        Assert.Null(_store.Accept(Report(2, 0, "first", [Row(2) with { Rif = 2 }]), Seconds(1.125)));
        Assert.Null(Observe(now: 1.125, lastEvaluation: 0).RifBefore);
        Assert.Null(_store.Accept(Report(3, 0, "first", [Row(3) with { Rif = 9 }]), Seconds(1.625)));
        var seen = Observe(now: 1.625, lastEvaluation: 0);
        Assert.Equal((9L, 2L), (seen.Rif, seen.RifBefore));
    }

    /// <summary>By the report: what came since the last answer is known although the evaluation's interval began with answers.</summary>
    [Fact]
    public void Observe_AnswersThenNone_SilenceBeginsWithTheLastReportThatHasAnswers()
    {
        Assert.Null(_store.Accept(Report(1, 0, "first", [Row(100) with { Rif = 1 }]), Seconds(1)));
        Assert.Null(_store.Accept(Report(2, 0, "first", [Row(150) with { Rif = 2 }]), Seconds(2)));
        Assert.Null(_store.Accept(Report(3, 0, "first", [Row(150) with { Rif = 9, AnswersUnderWay = 1 }]), Seconds(3)));

        var seen = Observe(now: 3, lastEvaluation: 1);

        Assert.Equal((Seconds(2), 1L, true), (seen.Fresh.Duration, seen.Fresh.WaitingBefore, seen.Fresh.HasAnswers));
        Assert.Equal((Seconds(1), 2L, 8L), (seen.Silence.Duration, seen.Silence.WaitingBefore, seen.Waiting));
        Assert.Equal(TimeSpan.Zero, Observe(now: 3, lastEvaluation: 3).Silence.Duration);
    }

    [Fact]
    public void InFlight_IsTheLastReports_WhileItIsRecentAndCounted()
    {
        Assert.Null(_store.InFlight(Pod, Seconds(1)));
        Accept(sequence: 1, at: 1, samples: 1);
        Assert.Equal(3, _store.InFlight(Pod, Seconds(2)));
        Assert.Null(_store.InFlight(Pod with { Port = 1 }, Seconds(2)));
        Assert.Null(_store.InFlight(Pod, Seconds(11.5)));
    }

    /// <summary>What fails at once is never in flight: as if it were not known, it counts like the middle one of its Service.</summary>
    [Theory]
    [InlineData(9, 0, 3)]
    [InlineData(10, 0, null)]
    [InlineData(0, 10, null)]
    public void InFlight_EndpointFailsMuch_IsNotKnown(int serverErrors, int throttled, int? expected)
    {
        AcceptTraffic(1, at: 1, answers: 5000, default, serverErrors: 2000, abandoned: 0);
        AcceptTraffic(2, at: 7, answers: 5100, new(0, 0, 0, throttled), serverErrors: 2000 + serverErrors, abandoned: 0);
        Assert.Equal(expected, _store.InFlight(Pod, Seconds(7)));

        AcceptTraffic(3, at: 13, answers: 5200, new(0, 0, 0, throttled), serverErrors: 2000 + serverErrors, abandoned: 0);
        Assert.Equal(3, _store.InFlight(Pod, Seconds(13)));
    }

    [Fact]
    public void Observe_PodInASandbox_IsOutOfSightUntilTheKernelSeesItsTraffic()
    {
        var pod = Pod with { Obstacle = MeasuringObstacle.Sandbox };
        for (var i = 1; i <= 2; i++) Assert.Null(_store.Accept(Report(i, 0, "first", [Row(0) with { Rif = 0 }]), Seconds(i)));
        Assert.Equal(MeasuringObstacle.Sandbox, Assert.Single(_store.Observe(Settings, [pod], PolicyState.Initial, Seconds(2))).Obstacle);
        Assert.Equal(
            MeasuringObstacle.None,
            Assert.Single(_store.Observe(Settings with { Source = LatencySource.Probe }, [pod], PolicyState.Initial, Seconds(2))).Obstacle);

        Accept(3, at: 3, samples: 1);
        Assert.Equal(MeasuringObstacle.None, Assert.Single(_store.Observe(Settings, [pod], PolicyState.Initial, Seconds(3))).Obstacle);
    }

    [Fact]
    public void Observe_PodOnTheNodesNetwork_HasNoRowAndIsOutOfSight()
    {
        var pod = new MeasuredEndpoint("uid-host", "host", "192.168.1.1", 8080, "n1") { Obstacle = MeasuringObstacle.HostNetwork };
        Accept(1, at: 1, samples: 100);
        foreach (var source in Enum.GetValues<LatencySource>())
        {
            var seen = Assert.Single(_store.Observe(Settings with { Source = source }, [pod], PolicyState.Initial, Seconds(1)));
            Assert.Equal((ReportFreshness.Fresh, MeasuringObstacle.HostNetwork), (seen.Report, seen.Obstacle));
        }
    }

    [Theory]
    [InlineData(1, 22)]
    [InlineData(3, 60)]
    [InlineData(10, 60)]
    public void Observe_FewSamples_GrowsTheWindowUpToTheLongest(int secondsPerSample, double expectedSeconds)
    {
        for (var i = 1; i <= 120; i++) Accept(i, at: i, samples: i / secondsPerSample);
        var seen = Observe(120);
        Assert.InRange(seen.Window.Duration.TotalSeconds, expectedSeconds - 3, expectedSeconds);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public void Observe_NoReportForThreeIntervals_IsStale()
    {
        Accept(1, at: 1, samples: 1);
        Accept(2, at: 2, samples: 2);
        Assert.Equal(ReportFreshness.Fresh, Observe(4.9).Report);
        var late = Observe(5.1);
        Assert.Equal(ReportFreshness.Stale, late.Report);
        Assert.Equal(3.1, late.ReportAge!.Value.TotalSeconds, 3);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public void Observe_SameReportAgain_IsNoNewsAndAges()
    {
        Accept(1, at: 1, samples: 100);
        Accept(2, at: 2, samples: 200);
        Accept(2, at: 6, samples: 200, age: 4);
        var seen = Observe(6, lastEvaluation: 5);
        Assert.Equal(TimeSpan.Zero, seen.Fresh.Duration);
        Assert.Equal(ReportFreshness.Stale, seen.Report);
    }

    [Fact]
    public void Observe_CountersFellWithinTheEpoch_UsesOnlyWhatGrewSince()
    {
        for (var i = 1; i <= 20; i++) Accept(i, at: i, samples: i * 100);
        Accept(21, at: 21, samples: 5);
        Accept(22, at: 22, samples: 15);
        Assert.Equal(10, Observe(22).Window.Latency.Count);
    }

    [Fact]
    public void Observe_RowThatAppears_CountsFromZero()
    {
        _store.Accept(Report(1, 0, "first", []), Seconds(1));
        Accept(2, at: 2, samples: 30);
        Assert.Equal(30, Observe(2).Window.Latency.Count);
    }

    [Fact]
    [Trait("Catalogue", "8")]
    public void Observe_EvidenceFromATime_IgnoresWhatCameBefore()
    {
        for (var i = 1; i <= 20; i++) Accept(i, at: i, samples: i * 100);
        var seen = Observe(20, evidenceFrom: 17.5);
        Assert.Equal(200, seen.Window.Latency.Count);
        Assert.Equal(Seconds(2), seen.Window.Duration);
    }

    [Fact]
    public void Accept_UnknownFormat_IsRefusedWithTheReason()
    {
        var reason = _store.Accept(Report(1, 0, "e", []) with { FormatVersion = 99 }, Seconds(1));
        Assert.Contains("format 99", reason, StringComparison.Ordinal);
        Assert.Equal(reason, _store.Refusal("n1"));
        Assert.Equal(ReportFreshness.Missing, Observe(1).Report);
    }

    [Fact]
    public void Observe_ProbeSource_RanksProbesAndCountsTheirFailures()
    {
        for (var i = 1; i <= 30; i++) Accept(i, at: i, samples: i * 100, probes: i, probeFailures: i);
        var seen = Observe(30, settings: Settings with { Source = LatencySource.Probe });
        Assert.Equal(20, seen.Window.Latency.Count);
        Assert.Equal(10, seen.Window.Failures);
        Assert.Equal(0, seen.Rif);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(17.5, 2)]
    [InlineData(20, 0)]
    [Trait("Catalogue", "8")]
    public void Observe_ProbesOfBefore_AreLeftOut(double evidenceFrom, int expected)
    {
        for (var i = 1; i <= 20; i++) Accept(i, at: i, samples: 5, probes: i);
        var probe = Observe(20, evidenceFrom: evidenceFrom).Probe;
        Assert.Equal(expected, probe.Recent.Count);
        Assert.True(probe.Exists);
    }

    [Fact]
    public void Observe_OtherPodOnTheSameAddress_IsNotMeasuredByIt()
    {
        Accept(1, at: 1, samples: 10);
        Accept(2, at: 2, samples: 20);
        var seen = _store.Observe(Settings, [Pod with { Key = "uid-b" }], PolicyState.Initial, Seconds(2)).Single();
        Assert.Equal(0, seen.Window.Latency.Count);
    }

    [Fact]
    public void Accept_ForAnHour_StaysBounded()
    {
        var ring = new NodeRing("e");
        for (var i = 1; i <= 3600; i++) ring.Add(Report(i, 0, "e", [Row(i)]), Seconds(i), Seconds(75));
        Assert.InRange(ring.Count, NodeRing.Recent, NodeRing.Recent + NodeRing.Older + 8);
    }

    /// <summary>Its counters stay at zero, which is no count of its traffic.</summary>
    [Theory]
    [InlineData(LatencySource.Ebpf, true)]
    [InlineData(LatencySource.Probe, false)]
    public void Observe_ByItsNodesSource_SaysWhetherTrafficIsCounted(LatencySource source, bool expected)
    {
        _store.Accept(Report(1, 0, "e", [Row(1)]) with { Source = source }, Seconds(1));
        Assert.Equal(expected, Observe(1).CountsTraffic);
    }

    [Fact]
    public void SourceInUse_NodesWithoutKernelHooks_FallsBackToTheProbe()
    {
        Assert.Equal(LatencySource.Ebpf, _store.SourceInUse(LatencySource.Ebpf, [Pod]));
        _store.Accept(Report(1, 0, "e", []) with { Source = LatencySource.Probe }, Seconds(1));
        Assert.Equal(LatencySource.Probe, _store.SourceInUse(LatencySource.Ebpf, [Pod]));
    }

    [Fact]
    public void Observe_AbandonedRequestsAndStatuses_AreTheWindowsDifference()
    {
        AcceptTraffic(1, at: 1, answers: 100, new StatusCounts(90, 2, 3, 1), serverErrors: 4, abandoned: 5);
        AcceptTraffic(2, at: 2, answers: 300, new StatusCounts(200, 7, 13, 11), serverErrors: 9, abandoned: 12);

        var window = Observe(now: 2, lastEvaluation: 1).Fresh;

        Assert.Equal((new StatusCounts(110, 5, 10, 10), 5L, 5L), (window.Statuses, window.ServerErrors, window.Failures));
        Assert.Equal((200L, 7L), (window.Latency.Count, window.Abandoned.Count));
        Assert.Equal(200 - 110 - 5 - 10 - 10 - 5, window.WithoutStatus);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static NodeReport Report(long sequence, double age, string epoch, IReadOnlyList<EndpointReport> rows) => new()
    {
        FormatVersion = NodeReport.CurrentFormatVersion,
        Node = "n1",
        Epoch = epoch,
        Sequence = sequence,
        AgeSeconds = age,
        SubWindowSeconds = 1,
        Source = LatencySource.Ebpf,
        SourceDetail = "test",
        Endpoints = rows,
    };

    private static EndpointReport Row(long samples, long probes = 0, long probeFailures = 0)
    {
        static LatencyHistogram Of(long count) =>
            LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(10), (int)count));
        return new()
        {
            Address = "10.0.0.1",
            Port = 8080,
            PodUid = "uid-a",
            Namespace = "d",
            Pod = "a",
            Rif = 3,
            OldestInFlightSeconds = 0.5,
            Traffic = new EndpointCounters { Latency = Of(samples), Requests = samples },
            Probe = new ProbeReport
            {
                Latency = Of(probes),
                Failures = probeFailures,
                LastSeconds = 0.01,
                RecentSeconds = [.. Enumerable.Repeat<double?>(0.01, 16)],
                AgeSeconds = 0.1
            },
            Recent = new WindowSummary { Seconds = 10, Count = 0, Errors = 0, P50Ms = null, P99Ms = null, Coverage = null },
        };
    }

    private void Accept(long sequence, double at, long samples, string epoch = "first", double age = 0, long probes = 0,
        long probeFailures = 0) =>
        Assert.Null(_store.Accept(Report(sequence, age, epoch, [Row(samples, probes, probeFailures)]), Seconds(at)));

    private void AcceptTraffic(long sequence, double at, long answers, StatusCounts statuses, long serverErrors, long abandoned)
    {
        var row = Row(answers);
        var given = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(8), (int)abandoned));
        row = row with { Traffic = row.Traffic with { Statuses = statuses, ServerErrors = serverErrors, Abandoned = given } };
        Assert.Null(_store.Accept(Report(sequence, 0, "first", [row]), Seconds(at)));
    }

    private EndpointObservation Observe(double now, double? lastEvaluation = null, double evidenceFrom = 0, PolicySettings? settings = null)
    {
        var state = PolicyState.Initial with { LastEvaluation = lastEvaluation is { } last ? Seconds(last) : null };
        state = state with { Endpoints = state.Endpoints.With(Pod.Key, EndpointRecord.New with { EvidenceFrom = Seconds(evidenceFrom) }) };
        return _store.Observe(settings ?? Settings, [Pod], state, Seconds(now)).Single();
    }
}
