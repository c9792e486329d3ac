using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>The loop in its own time: beats, ages and ends that take minutes.</summary>
public sealed class SteeringLoopTests
{
    [Fact]
    public async Task Beat_OrderIsNotRepeated_TellsItsGrowingAgeEveryHalfSecondAtMost()
    {
        await using var loop = await SteppedLoop.StartAsync();
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Table?.Beats.Count > 0, "the first beat");
        await loop.StepAsync(TimeSpan.FromSeconds(4));

        var beats = loop.Table!.Beats;
        Assert.InRange(beats[0], TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.All(beats.Zip(beats.Skip(1)), pair =>
            Assert.InRange(pair.Second - pair.First, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(500)));
        Assert.InRange(beats[^1], TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(5));

        loop.Order(2, "10.1.0.1");
        var before = loop.Table.Beats.Count;
        await loop.StepUntilAsync(() => loop.Table.Beats.Count > before, "the next beat");
        Assert.InRange(loop.Table.Beats[^1], TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, loop.Table.Applied.Count); // each order is a report of its own of what is in flight
    }

    [Fact]
    public async Task Standing_OrderIsTooOld_SaysThatConnectsPass()
    {
        await using var loop = await SteppedLoop.StartAsync();
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering");
        await loop.StepUntilAsync(() => !loop.Standing.Steering, "the end of it");
        Assert.Equal("the last order is too old, so connects pass", loop.Standing.Reason);
        Assert.InRange(loop.Table!.Beats[^1], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
        Assert.False(loop.Table.Removed);

        loop.Order(2, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering again");
        Assert.Equal(1, loop.Opened);
    }

    [Fact]
    public async Task MeshedPod_OnTheNode_NothingIsSteeredUntilItIsGone()
    {
        await using var loop = await SteppedLoop.StartAsync();
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering");

        loop.Interest.Publish(InterestPlan.Empty with { Meshed = ("shop/web-1", "Istio sidecar") });
        await loop.StepUntilAsync(() => !loop.Standing.Steering, "the end of it");
        Assert.True(loop.Table!.Removed);
        Assert.Equal("Istio sidecar in pod shop/web-1 of this node has to see the addresses of Services", loop.Standing.Reason);

        loop.Interest.Publish(InterestPlan.Empty);
        loop.Order(2, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering again");
        Assert.Equal(2, loop.Opened);
    }

    [Fact]
    public async Task Orders_EndForGood_LeaveNothing()
    {
        await using var loop = await SteppedLoop.StartAsync();
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering");
        await loop.StepAsync(SteeringLoop.ReleaseAfter);
        Assert.False(loop.Table!.Removed);
        await loop.StepUntilAsync(() => loop.Table is { Removed: true, Disposed: true }, "the table's end");

        loop.Order(2, "10.1.0.2");
        await loop.StepUntilAsync(() => loop.Opened == 2 && loop.Table.Holds(Orders.ClusterIp) == "10.1.0.2", "the next table");
    }

    [Fact]
    public async Task Orders_NoneYet_OpenNothing_AndWhatIsLeftPinnedGoesAfterAMinute()
    {
        await using var loop = await SteppedLoop.StartAsync(pinned: true);
        await loop.StepAsync(SteeringLoop.ReleaseAfter - TimeSpan.FromSeconds(2));
        Assert.Equal(0, loop.Opened);
        await loop.StepUntilAsync(() => loop.Table is { Removed: true }, "the removal");

        await using var clean = await SteppedLoop.StartAsync();
        await clean.StepAsync(2 * SteeringLoop.ReleaseAfter);
        clean.Order(1);
        await clean.StepUntilAsync(() => clean.Standing.Reason == "no Service is ordered", "the empty order");
        Assert.Equal(0, clean.Opened);
    }

    [Fact]
    public async Task Table_CannotBeOpened_IsTriedAgainWithGrowingPauses()
    {
        await using var loop = await SteppedLoop.StartAsync(opening: () => throw new BpfUnavailableException("not allowed", []));
        for (var second = 0; second < 60; second++)
        {
            loop.Order(second, "10.1.0.1");
            await loop.StepAsync(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((false, "not allowed"), (loop.Standing.Steering, loop.Standing.Reason));
        // At once, and then after 0.5–1, 1–2, 2–4, 4–8, 8–16 and 16–32 s.
        Assert.InRange(loop.Opened, 5, 8);
    }

    [Fact]
    public async Task Table_CannotBeRemoved_IsTriedAgainUntilNothingIsLeft()
    {
        await using var loop = await SteppedLoop.StartAsync(pinned: true);
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering");
        loop.Table!.RemoveFault = new InvalidOperationException("busy");
        loop.Order(2);
        await loop.StepUntilAsync(() => loop.Standing.Reason.Contains("busy", StringComparison.Ordinal), "the fault");
        Assert.True(loop.Table.Disposed);
        await loop.StepUntilAsync(() => loop.Opened == 2 && loop.Table.Removed, "the removal");
        Assert.Equal("no Service is ordered", loop.Standing.Reason);
    }

    [Fact]
    public async Task Giving_IsTriedAgainEachMinute()
    {
        await using var loop = await SteppedLoop.StartAsync();
        await RepeatAsync(loop, 1, () => loop.Standing.Steering);
        loop.Table!.Giving = () => false;
        await RepeatAsync(loop, 100, () => !loop.Standing.Steering);
        Assert.Equal(2, loop.Table.Tries);
        Assert.Contains("was not given to an endpoint", loop.Standing.Reason, StringComparison.Ordinal);
        loop.Table.Giving = () => true;
        await RepeatAsync(loop, 1000, () => loop.Standing.Steering);
        Assert.Equal("", loop.Standing.Reason);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(10, true)]
    public async Task Stop_LeavesTheTableForTheNextAgentUnlessEveryConnectPasses(int silence, bool removed)
    {
        var loop = await SteppedLoop.StartAsync();
        loop.Order(1, "10.1.0.1");
        await loop.StepUntilAsync(() => loop.Standing.Steering, "steering");
        await loop.StepAsync(TimeSpan.FromSeconds(silence));
        await loop.DisposeAsync();
        Assert.Equal((removed, true), (loop.Table!.Removed, loop.Table.Disposed));
    }

    /// <summary>Repeats the order each second until the condition holds.</summary>
    private static async Task RepeatAsync(SteppedLoop loop, long sequence, Func<bool> condition)
    {
        for (var second = 0; second < 120 && !condition(); second++)
        {
            loop.Order(sequence + second, "10.1.0.1");
            await loop.StepAsync(TimeSpan.FromSeconds(1));
        }

        Assert.True(condition());
    }
}
