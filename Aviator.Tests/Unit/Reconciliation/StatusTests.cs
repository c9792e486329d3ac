using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Status;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>Status is written on change and otherwise hardly ever: catalogue row 36.</summary>
public sealed class StatusTests
{
    private static readonly ConditionValue Yes = new(true, "Fine", "It is.");
    private static readonly ConditionValue No = new(false, "Fine", "It is not.");
    private static readonly PolicyConditions Good = new(Yes, Yes, No, No);
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static AviatorPolicyStatus Status(PolicyConditions? conditions = null, double? p99 = 20, int active = 2,
        DateTimeOffset? at = null, AviatorPolicyStatus? previous = null) => new()
        {
            ObservedGeneration = 1,
            LastEvaluationTime = at ?? Noon,
            ActivePods = active,
            TotalPods = 4,
            P99LatencyMs = p99,
            AverageLatencyMs = p99 / 2,
            LatencySource = "ebpf",
            Coverage = 1,
            PodLatencies = [new() { Name = "web-1", State = "Selected", P99 = p99 }],
            Conditions = (conditions ?? Good).ToList(previous?.Conditions ?? [], 1, at ?? Noon),
        };

    [Fact, Trait("Catalogue", "36")]
    public void Due_NothingButTimePassed_NeverWrites()
    {
        var time = new FakeTimeProvider();
        var schedule = new StatusSchedule(time);
        var written = Status();
        for (var minute = 0; minute < 600; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.False(schedule.Due(written, Status(at: Noon.AddMinutes(minute), p99: minute % 2 == 0 ? 20 : 21.9, previous: written)));
        }
    }

    [Fact, Trait("Catalogue", "36")]
    public void Due_DriftEveryInterval_WritesEveryThirtySecondsAtMost()
    {
        var time = new FakeTimeProvider();
        var schedule = new StatusSchedule(time);
        var written = Status();
        var writes = 0;
        for (var second = 1; second <= 300; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            var next = Status(p99: second % 2 == 0 ? 20 : 40, previous: written);
            if (!schedule.Due(written, next)) continue;
            writes++;
            written = next;
            schedule.Wrote();
        }
        Assert.InRange(writes, 9, 10);
    }

    [Fact]
    public void Due_DecisionOrConditionChanged_WritesAtOnce()
    {
        var schedule = new StatusSchedule(new FakeTimeProvider());
        Assert.True(schedule.Due(null, Status()));
        Assert.True(schedule.Due(Status(), Status(active: 3)));
        Assert.True(schedule.Due(Status(), Status(Good with { Degraded = Yes })));
        Assert.True(schedule.Due(Status(), Status(Good with { Steering = No with { Reason = "Contested" } })));
        Assert.True(schedule.Due(Status(), Status() with { ObservedGeneration = 2 }));
        Assert.True(schedule.Due(Status(), Status() with { PodLatencies = [new() { Name = "web-1", State = "Ejected" }] }));
    }

    [Fact]
    public void Due_MessageOrRowsMoved_WaitsForTheInterval()
    {
        var time = new FakeTimeProvider();
        var schedule = new StatusSchedule(time);
        var next = Status(Good with { Degraded = No with { Message = "4 of 7 reports are late." } });
        Assert.False(schedule.Due(Status(), next));
        Assert.False(schedule.Due(Status(), Status() with { PodLatencies = [new() { Name = "web-9", State = "Ejected" }] }));
        time.Advance(StatusSchedule.DriftInterval);
        Assert.True(schedule.Due(Status(), next));
    }

    /// <summary>After a restart the written status is read, and says a share in words alone.</summary>
    [Theory]
    [InlineData(1.0, 0.75, true)]
    [InlineData(0.75, 0.75, false)]
    [InlineData(null, 0.75, false)]
    public void Due_ShareMoves_WritesOnceTheIntervalIsOver(double? before, double after, bool due)
    {
        var time = new FakeTimeProvider();
        var schedule = new StatusSchedule(time);
        var written = Status() with { PodLatencies = [new() { Name = "web-1", State = "Selected", Share = before }] };
        var next = Status() with { PodLatencies = [new() { Name = "web-1", State = "Selected", Share = after }] };
        Assert.False(schedule.Due(written, next));
        time.Advance(StatusSchedule.DriftInterval);
        Assert.Equal(due, schedule.Due(written, next));
    }

    [Theory]
    [InlineData(null, 300.0, true)]
    [InlineData(300.0, null, true)]
    [InlineData(300.0, 200.0, true)]
    [InlineData(300.0, 310.0, false)]
    public void Due_GainMoves_WritesOnceTheIntervalIsOver(double? before, double? after, bool due)
    {
        var time = new FakeTimeProvider();
        var schedule = new StatusSchedule(time);
        var (written, next) = (With(before), With(after));
        Assert.False(schedule.Due(written, next));
        time.Advance(StatusSchedule.DriftInterval);
        Assert.Equal(due, schedule.Due(written, next));

        static AviatorPolicyStatus With(double? p99) => Status() with
        {
            EstimatedGain = p99 is { } now ? new() { MovedShare = 0.5, P50NowMs = 10, P99NowMs = now, P50Ms = 9, P99Ms = 20 } : null,
        };
    }

    [Fact]
    public void Conditions_TransitionTime_MovesOnlyWithTheStatus()
    {
        var first = Good.ToList([], 1, Noon);
        var second = (Good with { Degraded = No with { Reason = "Other", Message = "Other." } }).ToList(first, 2, Noon.AddHours(1));
        var third = (Good with { Degraded = Yes }).ToList(second, 2, Noon.AddHours(2));
        Assert.All(second, condition => Assert.Equal((Noon, 2), (condition.LastTransitionTime, condition.ObservedGeneration)));
        Assert.Equal("Other", second.Single(condition => condition.Type == ConditionType.Degraded).Reason);
        Assert.Equal(Noon.AddHours(2), third.Single(condition => condition.Type == ConditionType.Degraded).LastTransitionTime);
        Assert.Equal(Noon, third.Single(condition => condition.Type == ConditionType.Accepted).LastTransitionTime);
        Assert.Equal("False", third.Single(condition => condition.Type == ConditionType.Ready).Status);
    }

    [Fact]
    public void Ready_FollowsFromTheOthers()
    {
        Assert.True(Good.Ready.Holds);
        Assert.True((Good with { InsufficientTraffic = Yes }).Ready.Holds);
        Assert.Equal((false, "Refused"), Both((Good with { Accepted = new(false, "Refused", "x") }).Ready));
        Assert.Equal((false, "Contested"), Both((Good with { Steering = new(false, "Contested", "x") }).Ready));
        Assert.Equal((false, "ReportsMissing"), Both((Good with { Degraded = new(true, "ReportsMissing", "x") }).Ready));
        Assert.Equal((true, "Observing"), Both((Good with { Steering = No, Observe = true }).Ready));
        Assert.Null((Good with { Steering = new(null, "Steering", "x") }).Ready.Holds);

        static (bool?, string) Both(ConditionValue value) => (value.Holds, value.Reason);
    }

    [Fact]
    public void Patch_UnknownFigures_AreRemovedAndRowsStayFreeOfNulls()
    {
        var patch = StatusPatch.Create(Status(p99: null), "42");
        var status = patch["status"]!.AsObject();
        Assert.Equal("42", (string?)patch["metadata"]!["resourceVersion"]);
        Assert.True(status.ContainsKey("p99LatencyMs") && status["p99LatencyMs"] is null);
        Assert.False(status["podLatencies"]![0]!.AsObject().ContainsKey("p99"));
        Assert.Equal("2026-01-02T12:00:00Z", (string?)status["conditions"]![0]!["lastTransitionTime"]);
    }

    [Fact]
    public void Build_EndpointThatOnlyFails_ShowsAMinuteAndNotTheHistogramsEnd()
    {
        var failing = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMinutes(2), 20));
        var row = new EndpointRow("u", "web-1", "10.0.0.1", failing.Quantile(0.5), failing.Quantile(0.99), 20, 0, EndpointState.Ejected,
            false, "ejected");
        var summary = new PolicySummary
        {
            Total = 1,
            Active = 1,
            Ejected = 1,
            Average = TimeSpan.FromSeconds(100),
            P99 = failing.Quantile(0.99),
            Coverage = 1,
            Degraded = new(false, "Fine", ""),
            InsufficientTraffic = new(false, "Fine", ""),
            Rows = [row],
            Gain = new(Ms(12.344), TimeSpan.FromHours(1), Ms(9), Ms(22), Moved: 0.33349),
        };

        var status = StatusBuilder.Build(null, 1, Good, summary, LatencySource.Probe, Noon);

        Assert.Equal((60_000, 60_000), (status.AverageLatencyMs, status.P99LatencyMs));
        Assert.Equal((60_000, 60_000), (status.PodLatencies[0].P50, status.PodLatencies[0].P99));
        Assert.Equal(new() { MovedShare = 0.333, P50NowMs = 12.34, P99NowMs = 60_000, P50Ms = 9, P99Ms = 22 }, status.EstimatedGain);
        Assert.Null(StatusBuilder.Build(null, 1, Good, summary with { Gain = null }, LatencySource.Probe, Noon).EstimatedGain);

        static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
    }
}
