using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// More pods than one slice holds. They keep the one node's kubelet busy from their start to their end, so no other test runs meanwhile.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class ManyEndpointsTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private static readonly TimeSpan PodsLast = TimeSpan.FromMinutes(3);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        var left = 0;
        await Waiting.UntilAsync("the pods to end", PodsLast, async () =>
            (left = (await Api.ListAsync($"api/v1/namespaces/{Namespace}/pods", CancellationToken.None)).Count) == 0,
            CancellationToken.None, () => $"{left} pods", TimeSpan.FromSeconds(1));
        GC.SuppressFinalize(this);
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public async Task Endpoints_MoreThanASliceHolds_AreInSlicesOfAtMost100AndAllServe()
    {
        var pods = Enumerable.Range(0, 103).Select(i => $"p{i}").ToArray();
        await Workload.AddAsync(Stop, [.. pods, "slow:300"]);
        await using var traffic = Traffic(await Workload.ExposeAsync(Stop), 240);
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync(pods);
        var steered = traffic.Now + TimeSpan.FromSeconds(2);
        await ElapsedAsync(traffic, 10);
        var shape = await ShapeAsync();
        Assert.Equal(104, shape.Own.SelectMany(s => s.Endpoints).Select(e => e.Address).Distinct().Count());
        Assert.All(shape.Own, s => Assert.InRange(s.Endpoints.Count, 1, 100));
        var all = await NothingLostAsync(traffic);
        var after = traffic.Snapshot(steered);
        Assert.True(after.Share("slow") < 0.01, $"the slow pod still got {after.Share("slow"):P2}");
        Assert.True(all.ByPod.Count >= 100, $"only {all.ByPod.Count} pods got traffic");
    }
}
