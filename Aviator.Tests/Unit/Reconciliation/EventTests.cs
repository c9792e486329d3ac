using Aviator.Controller.Events;
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
}
