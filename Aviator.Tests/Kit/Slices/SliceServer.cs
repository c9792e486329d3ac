using Aviator.Core.Slices;
using Xunit;

namespace Aviator.Tests.Kit.Slices;

/// <summary>What the API server does with a plan: assigns UIDs and versions, refuses what does not fit what is there.</summary>
internal static class SliceServer
{
    public static IReadOnlyList<Slice> Apply(IReadOnlyList<Slice> slices, IEnumerable<SliceWrite> plan)
    {
        var after = slices.ToList();
        foreach (var write in plan) after = Apply(after, write);
        return after;
    }

    public static List<Slice> Apply(IReadOnlyList<Slice> slices, SliceWrite write)
    {
        var after = slices.ToList();
        var at = after.FindIndex(slice => slice.Name == write.Slice.Name);
        switch (write.Action)
        {
            case SliceAction.Create:
                Assert.True(at < 0, $"{write.Slice.Name} exists");
                after.Add(write.Slice with { Uid = $"uid-{write.Slice.Name}", ResourceVersion = "1" });
                break;
            case SliceAction.Update:
                Assert.Equal((after[at].Uid, after[at].ResourceVersion, after[at].Family),
                    (write.Slice.Uid, write.Slice.ResourceVersion, write.Slice.Family));
                after[at] = write.Slice with { ResourceVersion = $"{int.Parse(write.Slice.ResourceVersion, null) + 1}" };
                break;
            default:
                Assert.Equal(after[at].ResourceVersion, write.Slice.ResourceVersion);
                after.RemoveAt(at);
                break;
        }

        return after;
    }

    public static IReadOnlyList<SliceWrite> Plan(this World world, IReadOnlyList<Slice> slices) =>
        SlicePlanner.Plan(world.Service, world.Subsets, world.Decision, slices, slices.Select(slice => slice.Name));

    /// <summary>The slices as the world before left them.</summary>
    public static IReadOnlyList<Slice> Before(this World world) =>
        Apply([], SlicePlanner.Plan(world.Service, world.SubsetsBefore, world.DecisionBefore, [], []));
}
