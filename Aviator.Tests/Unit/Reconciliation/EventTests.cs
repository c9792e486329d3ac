using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Core.Decisions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

public sealed class EventTests
{
    private static readonly EventTarget Policy = new("aviator.example.com/v1alpha1", "AviatorPolicy", "shop", "web", "uid-1");

    [Fact]
    public void Name_SameReasonAndSubject_IsTheSameEventWhateverTheMessage()
    {
        var first = new EventNote(Policy, EventReason.Ejected, "p99 812 ms", SeriesKey: "web-1");
        Assert.Equal(EventBody.Name(first), EventBody.Name(first with { Message = "p99 900 ms" }));
        Assert.NotEqual(EventBody.Name(first), EventBody.Name(first with { SeriesKey = "web-2" }));
        Assert.NotEqual(EventBody.Name(first), EventBody.Name(first with { Reason = EventReason.Readmitted }));
        Assert.NotEqual(EventBody.Name(first), EventBody.Name(first with { Target = Policy with { Uid = "uid-2" } }));
    }

    [Fact]
    public void Name_LongestPolicyName_StaysAName() =>
        Assert.Equal(253, EventBody.Name(new(Policy with { Name = new string('a', 253) }, "Steered", "")).Length);

    [Fact]
    public void Budget_Flood_LetsTheBurstPassAndThenOneAMinute()
    {
        var time = new FakeTimeProvider();
        var budget = new EventBudget(time);
        Assert.Equal(EventBudget.Burst, Enumerable.Range(0, 1000).Count(_ => budget.TryTake("a")));
        Assert.True(budget.TryTake("b"));
        time.Advance(EventBudget.Refill * 3);
        Assert.Equal(3, Enumerable.Range(0, 1000).Count(_ => budget.TryTake("a")));
    }

    /// <summary>What a user asked for is no warning, and nobody can have reported to a policy of a second's age.</summary>
    [Theory]
    [InlineData("Accepted", "False", "Deleting", null)]
    [InlineData("Accepted", "False", "InvalidSpec", EventReason.Refused)]
    [InlineData("Degraded", "True", "WaitingForReports", null)]
    [InlineData("Degraded", "True", "NoFreshReports", EventReason.Degraded)]
    public void Of_FirstConditions_WarnOfTroubleAlone(string type, string status, string reason, string? expected)
    {
        var notes = Notes(null, Condition(type, status, reason));
        Assert.Equal(expected is null ? [] : [expected], notes.Select(note => note.Reason));
        Assert.All(notes, note => Assert.True(note.Warning));
    }

    [Fact]
    public void Of_ReportsThatStopOrNeverCome_AreAWarning()
    {
        Assert.Single(Notes(Condition("Degraded", "False", "Decided"), Condition("Degraded", "True", "WaitingForReports")));
        Assert.Empty(Notes(Condition("Degraded", "Unknown", "NotEvaluated"), Condition("Degraded", "True", "WaitingForReports")));
        Assert.Single(Notes(Condition("Degraded", "True", "WaitingForReports"), Condition("Degraded", "True", "NoFreshReports")));
    }

    /// <summary>Before the first decision every pod got traffic, unless an earlier process had decided.</summary>
    [Theory]
    [InlineData(true, "slow", "hung")]
    [InlineData(false, "", "")]
    public void Between_NothingAndTheFirstDecision_IsAChangeFromAll(bool fromAll, string excluded, string ejected)
    {
        var verdict = new ConditionVerdict(false, "Decided", "It is.");
        EndpointRow[] rows =
            [Row("fast", EndpointState.Selected), Row("slow", EndpointState.Unselected), Row("hung", EndpointState.Ejected)];
        var summary = new PolicySummary
        {
            Total = 3,
            Active = 1,
            Ejected = 1,
            Average = null,
            P99 = null,
            Coverage = 1,
            Degraded = verdict,
            InsufficientTraffic = verdict,
            Rows = rows,
        };
        var outcome = new PolicyOutcome(new(new Dictionary<string, EndpointDecision>()), PolicyState.Initial, summary);

        var change = DecisionChange.Between(null, outcome, fromAll);

        Assert.Equal(excluded, string.Join(' ', change.Excluded.Where(row => row.Name != "hung").Select(row => row.Name)));
        Assert.Equal(ejected, string.Join(' ', change.Ejected.Select(row => row.Name)));
        Assert.Equal((fromAll, 0), (change.Any, change.Admitted.Count));

        static EndpointRow Row(string pod, EndpointState state) =>
            new($"uid-{pod}", pod, "10.0.0.1", null, null, 0, 0, state, state == EndpointState.Selected, "");
    }

    private static List<EventNote> Notes(AviatorPolicyStatus? before, AviatorPolicyStatus after)
    {
        var policy = new AviatorPolicy { Metadata = new() { NamespaceProperty = "shop", Name = "web", Uid = "uid-1" } };
        return [.. ConditionEvents.Of(policy, before, after)];
    }

    private static AviatorPolicyStatus Condition(string type, string status, string reason) => new()
    {
        Conditions =
        [
            new()
            {
                Type = type,
                Status = status,
                Reason = reason,
                Message = "m",
                ObservedGeneration = 1,
                LastTransitionTime = DateTimeOffset.UnixEpoch,
            },
        ],
    };
}
