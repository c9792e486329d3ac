using System.Net;
using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>gRPC as people run it (ASP.NET Core, HTTP/2 in the clear) is measured call by call, and steered by that.</summary>
public sealed class GrpcClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Slow = "slow";
    private const double SlowMilliseconds = 400;

    [Fact]
    public async Task SlowPod_UnaryAndStreamedCalls_IsRankedByThemAndLeaves()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES") is null or "",
            "the gRPC server's image is not in the cluster: run 'make test-e2e', which builds it (eng/images/grpcapp.sh)");
        await Workload.AddAsync(["a", "b", "c", $"{Slow}:{SlowMilliseconds}"], PodManifest, Stop);
        await GrpcTraffic.WarmUpAsync(Workload.Pods.Values.Select(pod => new IPEndPoint(pod.Address, 8080)));
        await using var traffic = GrpcTraffic.Start(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b", "c");
        var steered = traffic.Now;
        await Waiting.UntilAsync("5 s of calls to the fast pods", TimeLimits.Seconds(15),
            () => Task.FromResult(traffic.Now >= steered + TimeSpan.FromSeconds(5)), Stop);
        // A window that reaches back to the first calls may hold some of a moment in which the agent did not know the pods yet.
        var status = default(JsonElement);
        await Waiting.UntilAsync("a window of which every call was measured, with its status", DecisionLimit, async () =>
        {
            status = (await Api.PolicyAsync(Namespace, "policy", Stop))!.Value.GetProperty("status");
            return status.GetProperty("coverage").GetDouble() >= 0.99 && status.GetProperty("statusCoverage").GetDouble() >= 0.99;
        }, Stop, () => status.ToString());
        var all = await traffic.StopAsync();

        Assert.DoesNotContain(all, call => call.Failure is not null);
        Assert.Equal(8, all.Select(call => (call.Pod, call.Streamed)).Distinct().Count());
        // kube-proxy follows a slice within its sync period (1 s).
        var after = all.Where(call => call.Started > steered + TimeSpan.FromSeconds(2)).ToList();
        Assert.True(after.Count > 50, $"only {after.Count} calls in 3 s");
        var share = (double)after.Count(call => call.Pod == Slow) / after.Count;
        Assert.True(share < 0.02, $"the slow pod still got {share:P1} of {after.Count} calls");
        Assert.InRange(Median(status, Slow), SlowMilliseconds * 0.9, SlowMilliseconds * 2);
    }

    private static double Median(JsonElement status, string pod) => status.GetProperty("podLatencies").EnumerateArray()
        .Single(row => row.GetProperty("name").GetString() == pod).GetProperty("p50").GetDouble();

    /// <summary>Ready once it listens: .NET takes a second to.</summary>
    private static string PodManifest(string name, TimeSpan delay) => Workload.PodManifest(name, delay)
        .Replace("aviator-testapp:dev", "aviator-grpcapp:dev", StringComparison.Ordinal)
        .Replace("      ports: [", "      readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}\n      ports: [",
            StringComparison.Ordinal);
}
