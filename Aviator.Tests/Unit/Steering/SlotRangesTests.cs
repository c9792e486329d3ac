using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Steering;

public sealed class SlotRangesTests
{
    /// <summary>Random takes and returns, the same in each run: nothing overlaps, and in the end all is free in one piece.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TakeAndRelease_ManyTimes_NothingOverlapsOrLeaks(int seed)
    {
        const int slots = 1000;
        var random = new Random(seed);
        var ranges = new SlotRanges(slots, []);
        var taken = new List<SlotRange>();
        for (var i = 0; i < 2000; i++)
        {
            if (random.Next(2) == 0 && ranges.TryTake(random.Next(60), out var range))
            {
                Assert.DoesNotContain(taken, other => range.First < other.End && other.First < range.End);
                if (range.Length > 0) taken.Add(range);
            }
            else if (taken.Count > 0)
            {
                var index = random.Next(taken.Count);
                ranges.Release(taken[index]);
                taken.RemoveAt(index);
            }

            Assert.Equal(slots, ranges.Free + taken.Sum(range => range.Length));
        }

        foreach (var range in taken) ranges.Release(range);
        Assert.True(ranges.TryTake(slots, out _));
    }

    [Fact]
    public void Take_SomeAreInUse_OnlyTheRest()
    {
        var ranges = new SlotRanges(10, [new SlotRange(2, 3), new SlotRange(7, 3), default]);

        Assert.Equal(4, ranges.Free);
        Assert.False(ranges.TryTake(3, out _));
        Assert.True(ranges.TryTake(2, out var first));
        Assert.Equal(new SlotRange(0, 2), first);
    }
}
