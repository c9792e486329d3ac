using System.Text.Json.Nodes;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>kubectl aviator explain</c>: each reason why a pod gets traffic or none, first in one sentence.</summary>
public sealed class ExplainTests
{
    [Fact]
    public async Task APodThatIsEjected_IsComparedWithItsPeers()
    {
        await using var world = await Samples.SteeredAsync();
        world.Cluster.Put(CliWorld.Events, Samples.Event(
            "web.1", "Ejected", "Pod web-4 ejected: p99 812 ms, limit 500 ms", "2026-11-29T02:48:00Z", "Warning"));
        world.Width = 128;
        var result = await world.RunAsync("explain", "web-4");
        Assert.Equal("""
            Pod web-4 of Service web gets no traffic since 2026-11-29 02:48:00 UTC, 12m ago: ejected, p99 812 ms against 21 ms of its peers.

              decision         ejected: p99 812 ms, limit 500 ms
              latency          p50 640 ms, p99 812 ms; the pods in use have a p99 of 21 ms
              rests on         57 samples, 3 requests in flight
              source           the policies' status, ten pods each and up to 30 s old, since the board was not read (no controller's pod was
                               found); to have it: docs/kubectl.md#the-board
              since            2026-11-29 02:48:00 UTC, 12m ago
              what changes it  It is tried again after spec.circuitBreaker.recoveryInterval (30s, doubled by each failed trial, 10 min at
                               most): first good probes, then a short trial with traffic.
                               It passes with a p99 of at most spec.circuitBreaker.p99Threshold (500ms); until then, look at the pod:
                               kubectl logs web-4 -n shop.
              events           12m ago  Ejected: Pod web-4 ejected: p99 812 ms, limit 500 ms
            """, result.Out);
        Assert.Equal(1, result.Code);
    }

    [Fact]
    public async Task APodThatIsSelected_GetsTraffic_AndIsFine()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("explain", "pod/web-1");
        Assert.StartsWith("Pod web-1 of Service web gets traffic: selected: rank 1 of 3.\n", result.Out);
        Assert.Equal(0, result.Code);
    }

    [Theory]
    [InlineData("web-9", 1, "Pod web-9 of Service web gets no traffic: it is not Ready (containers with unready status: [app]), so "
        + "Kubernetes leaves it out whatever Aviator decides.")]
    [InlineData("other-1", 1, "Pod other-1 matches the selector of no Service in namespace shop, so no Service sends it traffic.")]
    public async Task APodThatDecisionsDoNotReach_SaysWhatKeepsItOut(string pod, int code, string sentence)
    {
        await using var world = await Samples.SteeredAsync();
        world.Cluster.Put(CliWorld.Pods, Samples.Pod("web-9", 9, isReady: false))
            .Put(CliWorld.Pods, Samples.Pod("other-1", 10, app: "other"));
        var result = await world.RunAsync("explain", pod);
        Assert.StartsWith(sentence + "\n", result.Out);
        Assert.Equal(code, result.Code);
    }

    [Fact]
    public async Task APodThatIsNotThere_IsAFault()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("explain", "web-77");
        Assert.Equal((1, "error: Namespace shop has no pod web-77. Name its namespace by -n.\n"), (result.Code, result.Error));
    }

    [Fact]
    public async Task WithoutAPolicy_KubernetesServesThePod()
    {
        await using var world = await Samples.SteeredAsync();
        world.Cluster.Remove($"{CliWorld.Policies}/web");
        var result = await world.RunAsync("explain", "web-4");
        Assert.StartsWith(
            "Pod web-4 of Service web gets traffic as every ready pod does: no AviatorPolicy names the Service, so it gets traffic as "
            + "Kubernetes gives it to every ready pod.\n", result.Out);
        Assert.Equal(0, result.Code);
    }

    [Theory]
    [InlineData("Accepted", "False", "ReaderFound", "policy web is refused (ReaderFound: ServiceMonitor monitoring/web reads it).")]
    [InlineData("Steering", "False", "Contested", "the Service is not steered (Contested: ServiceMonitor monitoring/web reads it).")]
    public async Task WhatKeepsASteerFromHappening_IsTheAnswer(string type, string status, string reason, string end)
    {
        await using var world = await Samples.SteeredAsync();
        world.Cluster.Put(
            CliWorld.Policies, Samples.Policy().With(type, status, reason, "ServiceMonitor monitoring/web reads it.").ToJsonString());
        var result = await world.RunAsync("explain", "web-4");
        Assert.StartsWith($"Pod web-4 of Service web gets traffic as every ready pod does: {end}\n", result.Out);
        Assert.Contains("docs/operations/runbook.md#", result.Out);
    }

    [Fact]
    public async Task InObserve_TheDecisionIsWhatWouldBe()
    {
        await using var world = await Samples.SteeredAsync();
        world.Cluster.Put(CliWorld.Policies, Samples.Policy(mode: "Observe").ToJsonString());
        var result = await world.RunAsync("explain", "web-4");
        Assert.StartsWith(
            "Pod web-4 of Service web gets traffic as every ready pod does: policy web only observes; by decision it would be out, "
            + "ejected: p99 812 ms, limit 500 ms.\n", result.Out);
    }

    [Theory]
    [InlineData(true, "gets traffic: Aviator's slices admit it, and it is not among the 3 of 4 pods that the status lists (the ejected and "
        + "the slowest first).")]
    [InlineData(false, "gets no traffic: Aviator's slices leave it out.")]
    [InlineData(null, "gets traffic is not known: the status lists 3 of 4 pods, "
        + "the ejected and the slowest first, and this is none of them.")]
    public async Task APodBeyondTheRowsOfTheStatus_IsLookedUpInTheSlices(bool? isReady, string end)
    {
        await using var world = await Samples.SteeredAsync();
        var policy = Samples.Policy();
        policy["status"]!["podLatencies"]!.AsArray().RemoveAt(3);
        world.Cluster.Put(CliWorld.Policies, policy.ToJsonString());
        if (isReady is { } ready)
        {
            world.Cluster.Put(CliWorld.Slices, new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = "web-aviator-v4-1",
                    ["annotations"] = ready ? null : new JsonObject { ["aviator.io/unselected"] = "0" },
                    ["labels"] = new JsonObject
                    {
                        ["kubernetes.io/service-name"] = "web",
                        ["endpointslice.kubernetes.io/managed-by"] = "aviator-controller",
                    },
                },
                ["addressType"] = "IPv4",
                ["endpoints"] = new JsonArray(JsonNode.Parse($$$"""
                    {"addresses":["10.0.0.1"],"conditions":{"ready":{{{(ready ? "true" : "false")}}}},
                     "targetRef":{"kind":"Pod","name":"web-1"}}
                    """)),
            }.ToJsonString());
        }

        var result = await world.RunAsync("explain", "web-1");
        Assert.Contains($"od web-1 of Service web {end}", result.Out);
    }

    [Fact]
    public async Task AsJson_ItHoldsTheNumbers()
    {
        await using var world = await Samples.SteeredAsync();
        var told = (await world.RunAsync("explain", "web-4", "-o", "json")).Json["explanations"]![0]!;
        Assert.Equal((false, 812.0, 21.0), ((bool)told["getsTraffic"]!, (double)told["figures"]!["p99"]!, (double)told["peersP99"]!));
    }
}
