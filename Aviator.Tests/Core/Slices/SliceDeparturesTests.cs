using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core.Slices;

public sealed class SliceDeparturesTests
{
    [Fact]
    public void Plan_SelectedPodIsGone_ItsRowAloneStopsBeingReady()
    {
        var slices = Published(("a", 1), ("b", 1), ("c", 0));
        var after = Assert.Single(SliceDepartures.Plan(slices, uid => uid == "uid-b" ? PodStanding.Gone : new(true, true)));

        Assert.Equal(["a"], Ready(after));
        Assert.Equal((false, slices[0].ResourceVersion), (after.Endpoints[1].Serving, after.ResourceVersion));
        Assert.Equal(slices[0].Endpoints.Select(row => row.Admitted), after.Endpoints.Select(row => row.Admitted));
    }

    /// <summary>A replica that lags has not seen the newest pods yet: what it does not know is no reason.</summary>
    [Fact]
    public void Plan_PodThatWasNeverSeen_Stays() =>
        Assert.Empty(SliceDepartures.Plan(Published(("a", 1), ("b", 1)), uid => uid == "uid-a" ? new(true, true) : null));

    [Fact]
    public void Plan_TerminatingPod_TakesNoNewConnectionsAndStillServes()
    {
        var after = Assert.Single(
            SliceDepartures.Plan(Published(("a", 1), ("b", 1)), uid => new(uid != "uid-b", true)));
        Assert.Equal((false, true), (after.Endpoints[1].Ready, after.Endpoints[1].Serving));
    }

    [Fact]
    public void Plan_LastSelectedPodIsGone_TheOnesPutAsideServe()
    {
        var after = Assert.Single(SliceDepartures.Plan(
            Published(("a", 1), ("b", 0), ("c", 0)), uid => uid == "uid-a" ? PodStanding.Gone : new(uid == "uid-b", true)));
        Assert.Equal(["b"], Ready(after));
    }

    [Property(MaxTest = 200)]
    public bool Plan_AnyWorldAndAnyPodsGone_OnlyTakesAwayUnlessNothingWasLeft(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(1, 120);
        var slices = Published([.. Enumerable.Range(0, count).Select(i => ($"p{i}", (double)random.Next(2)))]);
        var gone = Enumerable.Range(0, count).Where(_ => random.Next(3) == 0).Select(i => $"uid-p{i}").ToHashSet();
        PodStanding? Standing(string uid) => gone.Contains(uid) ? PodStanding.Gone : new(true, true);
        var before = slices.SelectMany(Ready).ToHashSet();
        var changed = SliceDepartures.Plan(slices, Standing).ToDictionary(slice => slice.Name);
        var now = slices.Select(slice => changed.GetValueOrDefault(slice.Name, slice)).ToList();
        var after = now.SelectMany(Ready).ToHashSet();
        var left = before.Where(pod => !gone.Contains($"uid-{pod}")).ToHashSet();
        var all = slices.SelectMany(slice => slice.Endpoints).Where(row => !gone.Contains(row.PodUid!))
            .Select(row => row.PodName!).ToHashSet();

        return after.SetEquals(left.Count > 0 || left.Count == before.Count ? left : all) && SliceDepartures.Plan(now, Standing).Count == 0;
    }

    private static IReadOnlyList<Slice> Published(params (string Pod, double Weight)[] decision)
    {
        var pods = decision.Select((entry, at) => World.Ready(entry.Pod, at + 1)).ToList();
        var world = new World(World.Web, pods, World.Decide(decision), [], World.Decide());
        return SliceServer.Apply([], world.Plan([]));
    }

    private static IEnumerable<string> Ready(Slice slice) => slice.Endpoints.Where(row => row.Ready).Select(row => row.PodName!);
}
