using Aviator.Tests.Cluster.Fixtures;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>Services that must not be steered, on a real cluster: refused with a reason, and untouched.</summary>
public sealed class PreflightClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Everyone = "selection: {mode: percentage, percentage: 100}";

    [Theory]
    [InlineData("clusterIP: None", "Headless")]
    [InlineData("publishNotReadyAddresses: true", "PublishNotReadyAddresses")]
    public async Task Service_OfAKindThatCannotBeSteered_IsRefusedAndLeftAlone(string more, string reason)
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ApplyAsync(Workload.ServiceManifest(more), Stop);
        await ShapeBecomesAsync("the default slices to hold both pods", shape =>
            shape.Default.SelectMany(slice => slice.Ready).Count() == 2);
        var original = await ShapeAsync();
        await using var watch = ShapeWatch.Start(Api, Namespace, Workload.Service);
        await ApplyPolicyAsync(Everyone);
        await ConditionBecomesAsync("Accepted", "False", reason);
        Assert.Equal(original.Describe(), (await ShapeAsync()).Describe());
        Assert.All(watch.Seen, seen => Assert.Empty(seen.Shape.Own));
    }

    [Fact]
    public async Task PodsOfAMesh_AreRefusedUnlessTheAnnotationAllowsThem()
    {
        await Workload.AddAsync(["a", "b"], (name, delay) => Workload.PodManifest(name, delay)
            .Replace("metadata:", "metadata:\n  annotations: {linkerd.io/inject: enabled}", StringComparison.Ordinal), Stop);
        await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync(Everyone);
        await ConditionBecomesAsync("Accepted", "False", "ReaderFound");
        Assert.Contains("Shadow", (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
        await Api.Kubectl.RunAsync(["annotate", "avp", "policy", "-n", Namespace, "aviator.io/allow-readers=mesh"],
            cancellationToken: Stop);
        await SteeredToAsync("a", "b");
        Assert.Contains("Linkerd", (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SessionAffinity_IsSteeredWithAWarning()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop, Workload.ServiceManifest("sessionAffinity: ClientIP"));
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");
        Assert.Contains("sessionAffinity", (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
    }
}
