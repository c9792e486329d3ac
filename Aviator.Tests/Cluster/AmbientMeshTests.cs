using Aviator.Tests.Cluster.Fixtures;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// A pod that says it is in Istio's ambient mesh, without Istio. After all others, because such a pod may be a client of any Service, and
/// keeps all of them from being steered.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class AmbientMeshTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Everyone = "selection: {mode: percentage, percentage: 100}";
    private const string Client = "client";

    [Fact]
    public async Task ClientInTheMesh_SteeredService_IsHandedBackWhileItIsThere()
    {
        await Workload.AddAsync(Stop, "a", "b");
        await Workload.ExposeAsync(Stop);
        var original = await ShapeAsync();
        await ApplyPolicyAsync(Everyone);
        await SteeredToAsync("a", "b");

        await Workload.ApplyAsync(InTheMesh(Client).Replace($"app: {Workload.Service}", "app: other", StringComparison.Ordinal), Stop);
        await ConditionBecomesAsync("Accepted", "False", "ReaderFound");
        var message = (await ConditionAsync("Accepted"))!.Value.Message;
        Assert.Contains($"Istio ambient redirection of pods in namespace {Namespace}", message, StringComparison.Ordinal);
        Assert.Contains("Use spec.routing: Kernel or Shadow", message, StringComparison.Ordinal);
        await ReleasedAsync(original);

        await Workload.KillAsync(Client, Stop);
        await SteeredToAsync("a", "b");
    }

    /// <summary>
    /// The kernel's choice is traffic to a pod, which a ztunnel takes as any other; what a waypoint stands before is refused.
    /// </summary>
    [Fact]
    public async Task PodsInTheMesh_RoutingKernel_SteersUnlessAWaypointStandsBeforeTheService()
    {
        await Workload.AddAsync(["a", "b"], (name, _) => InTheMesh(name), Stop);
        await Workload.ExposeAsync(Stop);
        await ApplyPolicyAsync($"routing: Kernel\n{Everyone}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");

        await Api.Kubectl.RunAsync(["label", "service", Workload.Service, "-n", Namespace, "istio.io/use-waypoint=front"],
            cancellationToken: Stop);
        await ConditionBecomesAsync("Accepted", "False", "ReaderFound");
        Assert.Contains("waypoint front of Service", (await ConditionAsync("Accepted"))!.Value.Message, StringComparison.Ordinal);
    }

    private static string InTheMesh(string pod) => Workload.PodManifest(pod, TimeSpan.Zero)
        .Replace("metadata:", "metadata:\n  annotations: {ambient.istio.io/redirection: enabled}", StringComparison.Ordinal);
}
