using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>kubectl aviator status</c>: the table, one policy in detail, and the exit code.</summary>
public sealed class StatusTests
{
    [Fact]
    public async Task Status_OfAHealthyPolicy_IsOneRow_AndFine()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("status");
        Assert.Equal("""
            NAME  READY  STEERING  MODE     ACTIVE    P99  SOURCE  COVERAGE  EVALUATED  MESSAGE
            web   True   Steered   Enforce  3 of 4  21 ms  ebpf         98%  4s ago     -
            """, result.Out);
        Assert.Equal((0, ""), (result.Code, result.Error));
    }

    [Fact]
    public async Task Status_OfADegradedPolicy_SaysWhy_AndIsAFinding()
    {
        await using var world = await Samples.SteeredAsync();
        var policy = Samples.Policy().With("Degraded", "True", "NoFreshReports", "Most nodes do not report, so all ready pods are used.");
        world.Cluster.Put(CliWorld.Policies, policy.ToJsonString());
        var result = await world.RunAsync("status", "-A", "-o", "wide");
        Assert.Equal(
            "NAMESPACE  NAME  READY  STEERING  MODE     ACTIVE    P99  SOURCE  COVERAGE  "
            + "EVALUATED  SERVICE  ROUTING  EJECTED    MEAN  STATUS SEEN  MESSAGE\n"
            + "shop       web   False  Steered   Enforce  3 of 4  21 ms  ebpf         98%  "
            + "4s ago     web      Service        1  9.5 ms         100%  Most nodes do not report, so all ready pods are used.",
            result.Out);
        Assert.Equal(1, result.Code);
    }

    [Fact]
    public async Task Status_WithoutALeader_SaysSoFirst()
    {
        await using var world = await Samples.SteeredAsync();
        world.Led(TimeSpan.FromMinutes(5));
        var result = await world.RunAsync("status");
        Assert.StartsWith(
            "No controller leads: aviator-controller-0_1234 renewed the Lease last 5m ago. Nothing is decided meanwhile.\n", result.Out);
        Assert.Equal(1, result.Code);
    }

    /// <summary>As with <c>make run</c>; an uninstall leaves no Lease either, and soon no evaluation is that young.</summary>
    [Theory]
    [InlineData(4, 0, "a controller without an election decides: there is no Lease, and it evaluated 4s ago")]
    [InlineData(300, 1, "no controller leads: there is no Lease of Aviator")]
    public async Task Status_WithoutALease_GoesByTheLastEvaluation(int evaluatedSecondsAgo, int code, string controller)
    {
        await using var world = await CliWorld.StartAsync();
        var policy = Samples.Policy();
        policy["status"]!["lastEvaluationTime"] =
            (world.Time.GetUtcNow() - TimeSpan.FromSeconds(evaluatedSecondsAgo)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        world.Cluster.Put(CliWorld.Policies, policy.ToJsonString()).Put(CliWorld.Services, Samples.Service());
        var result = await world.RunAsync("status", "-o", "json");
        Assert.Equal((controller, code), ((string?)result.Json["controller"], result.Code));
    }

    [Fact]
    public async Task Status_OfOne_ShowsConditionsInWords_AndPods()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("status", "web");
        Assert.Equal("""
            AviatorPolicy shop/web of Service web: mode Enforce, routing Service.
            All is as wished.

              controller   aviator-controller-0_1234 leads, renewed 2s ago
              in use       3 of 4 ready pods, 1 ejected
              latency      p99 21 ms, mean 9.5 ms over the pods in use
              measured by  ebpf, 98% of the exchanges; the status of 100% of the answers was seen
              evaluated    4s ago

            CONDITION       SINCE  REASON         MESSAGE
            accepted        3h     Accepted       The spec can be carried out.
            steered         179m   Steered        Own slices carry the traffic.
            not degraded    179m   Decided        The decision rests on measurements.
            enough traffic  179m   EnoughSamples  Most endpoints can be ranked.
            ready           179m   Steering       Own slices carry the traffic.

            POD    STATE        P50     P99  IN FLIGHT  SAMPLES  REASON
            web-4  Ejected   640 ms  812 ms          3       57  ejected: p99 812 ms, limit 500 ms
            web-3  Selected  9.1 ms   24 ms          1     1201  selected: rank 3 of 3
            web-2  Selected  8.4 ms   21 ms          0     1187  selected: rank 2 of 3
            web-1  Selected  8.2 ms   20 ms          0     1210  selected: rank 1 of 3
            """, result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Status_OfAPolicyThatObserves_SaysWhatEnforcingWouldGain()
    {
        await using var world = await Samples.SteeredAsync();
        var policy = Samples.Policy(mode: "Observe");
        policy["status"]!["estimatedGain"] = System.Text.Json.Nodes.JsonNode.Parse(
            """{"movedShare":0.333,"p50NowMs":12.4,"p99NowMs":309.5,"p50Ms":10.1,"p99Ms":22}""");
        world.Cluster.Put(CliWorld.Policies, policy.ToJsonString());
        var result = await world.RunAsync("status", "web");
        Assert.Contains("""
              if enforced  33.3% of the requests would go to other pods than now.
                           Of all answers now the p99 is 310 ms, of those from where requests would go 22 ms; median 12 ms and 10 ms.
                           Load does not move in this: what more requests do to these pods is left out.
            """, result.Out);
        var json = await world.RunAsync("status", "web", "-o", "json");
        Assert.Equal(0.333, (double?)json.Json["policies"]?[0]?["estimatedGain"]?["movedShare"]);
    }

    [Fact]
    public async Task Status_OfAKernelPolicy_ShowsTheNodesThatPass()
    {
        await using var world = await Samples.SteeredAsync();
        var policy = Samples.Policy(routing: "Kernel");
        policy["status"]!["kernel"] = System.Text.Json.Nodes.JsonNode.Parse(
            """{"steeringNodes":2,"passingNodes":1,"steeredShare":0.91,"passing":[{"node":"node-3","reason":"its kernel is 4.19"}]}""");
        world.Cluster.Put(CliWorld.Policies, policy.ToJsonString());
        var result = await world.RunAsync("status", "web");
        Assert.Contains(
            "  kernels      2 nodes steer, 1 leave connections to kube-proxy; 91% of the connections were given to a pod\n"
            + "               node-3: its kernel is 4.19\n", result.Out);
    }

    [Fact]
    public async Task Status_AsJsonAndYaml_SaysTheSame()
    {
        await using var world = await Samples.SteeredAsync();
        var json = (await world.RunAsync("status", "-o", "json")).Json;
        Assert.Equal("web", (string?)json["policies"]![0]!["service"]);
        Assert.Equal(21, (double?)json["policies"]![0]!["p99LatencyMs"]);
        Assert.True((bool?)json["isLed"]);
        Assert.Equal("""
            controller: aviator-controller-0_1234 leads, renewed 2s ago
            isLed: true
            policies:
            - namespace: shop
              name: web
              service: web
              ready: "True"
              steering: Steered
              mode: Enforce
              routing: Service
              activePods: 3
              totalPods: 4
              circuitBrokenPods: 1
              averageLatencyMs: 9.5
              p99LatencyMs: 21
              latencySource: ebpf
              coverage: 0.98
              statusCoverage: 1
              lastEvaluationTime: "2026-11-29T02:59:56+00:00"
            """, (await world.RunAsync("status", "-o", "yaml")).Out);
    }

    [Fact]
    public async Task Status_OfAPolicyThatIsNotThere_NamesThoseThatAre()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("status", "shop-api");
        Assert.Equal(
            (1, "error: Namespace shop has no AviatorPolicy shop-api, and none for a Service shop-api; it has web.\n"),
            (result.Code, result.Error));
    }
}
