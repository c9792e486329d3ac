using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Aviator.Controller.Cluster;
using Aviator.Controller.Steering;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using k8s;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Resources;

/// <summary>The two versions of EndpointSlice: v1 as current servers have it, v1beta1 as 1.20 has it.</summary>
public sealed class SliceDialectTests
{
    private static readonly Slice Web = new()
    {
        Namespace = "shop",
        Name = "web-aviator-v4-1",
        ServiceName = "web",
        ManagedBy = Slice.OwnManager,
        OwnerUid = "service-uid",
        OwnerName = "web",
        Labels = new LabelSet([new("app", "web")]),
        TriggeredAt = "2026-11-29T20:00:00Z",
        Family = AddressFamily.IPv4,
        Ports = [new SlicePort("http", "TCP", 8080, "http")],
        Endpoints =
        [
            new SliceEndpoint { Address = "10.0.0.1", PodName = "a", PodUid = "uid-a", NodeName = "n", Zone = "z", Hostname = "a-0",
                Ready = true, Serving = true, Terminating = false, HintZones = ["z"], HintNodes = ["n"] },
            new SliceEndpoint { Address = "10.0.0.2", PodName = "b", PodUid = "uid-b", NodeName = "n", Zone = "z", Ready = false,
                Serving = false, Terminating = false, Admitted = false },
        ],
    };

    private static string Expected(string version, string place) => $$$"""
        {
          "apiVersion": "discovery.k8s.io/{{{version}}}", "kind": "EndpointSlice",
          "metadata": {
            "name": "web-aviator-v4-1", "namespace": "shop",
            "labels": {
              "app": "web", "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "aviator-controller"
            },
            "annotations": {
              "aviator.io/unselected": "1", "endpoints.kubernetes.io/last-change-trigger-time": "2026-11-29T20:00:00Z"
            },
            "ownerReferences": [{ "apiVersion": "v1", "kind": "Service", "name": "web", "uid": "service-uid",
              "controller": true, "blockOwnerDeletion": true }]
          },
          "addressType": "IPv4",
          "ports": [{ "name": "http", "protocol": "TCP", "port": 8080, "appProtocol": "http" }],
          "endpoints": [
            { "addresses": ["10.0.0.1"], "conditions": { "ready": true, "serving": true, "terminating": false }, "hostname": "a-0",
              "targetRef": { "kind": "Pod", "namespace": "shop", "name": "a", "uid": "uid-a" },
                "nodeName": "n", {{{place}}}, "hints": { "forZones": [{ "name": "z" }], "forNodes": [{ "name": "n" }] } },
            { "addresses": ["10.0.0.2"], "conditions": { "ready": false, "serving": false, "terminating": false },
              "targetRef": { "kind": "Pod", "namespace": "shop", "name": "b", "uid": "uid-b" }, "nodeName": "n", {{{place}}} }
          ]
        }
        """;

    public static TheoryData<string, string> Forms => new()
    {
        { "v1", "\"zone\": \"z\"" },
        { "v1beta1", "\"topology\": { \"kubernetes.io/hostname\": \"n\", \"topology.kubernetes.io/zone\": \"z\" }" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Create_InEitherDialect_SendsItsFormAndReadsItBack(string version, string place)
    {
        var stop = TestContext.Current.CancellationToken;
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        var sent = "";
        script.Then(async context =>
        {
            sent = await new StreamReader(context.Request.Body).ReadToEndAsync(stop);
            var kept = JsonNode.Parse(sent)!;
            (kept["metadata"]!["uid"], kept["metadata"]!["resourceVersion"]) = ("slice-uid", "7");
            await context.Response.WriteAsync(kept.ToJsonString(), stop);
        });

        var kept = await new SliceApi(server.Connect(), version == "v1" ? SliceDialect.V1 : SliceDialect.V1Beta1)
            .WriteAsync(new(SliceAction.Create, Web), stop);

        Assert.Equal([$"/apis/discovery.k8s.io/{version}/namespaces/shop/endpointslices?fieldManager=aviator"], server.Requests);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected(version, place)), JsonNode.Parse(sent)), sent);
        Assert.Equal(Web with { Uid = "slice-uid", ResourceVersion = "7", TriggeredAt = null }, kept);
    }

    [Fact]
    public void Read_RowThatSaysNothingOfItsConditions_IsReady()
    {
        var wire = KubernetesJson.Deserialize<SliceWire>("""
            { "metadata": { "labels": { "kubernetes.io/service-name": "web" } }, "addressType": "IPv6",
              "endpoints": [{ "addresses": ["fd00::1"], "nodeName": "n", "zone": "z", "conditions": {} }], "ports": [{ "port": 80 }] }
            """);

        var slice = SliceMapper.Read(new(new ObjectKey("shop", "x"), "1", wire))!;

        Assert.Equal((true, null, "n", "z"),
            (slice.Endpoints[0].Ready, slice.Endpoints[0].Serving, slice.Endpoints[0].NodeName, slice.Endpoints[0].Zone));
        Assert.Equal((AddressFamily.IPv6, false), (slice.Family, slice.IsOwn));
    }

    [Theory]
    [InlineData("""{"versions":[{"version":"v1"},{"version":"v1beta1"}]}""", "v1")]
    [InlineData("""{"versions":[{"version":"v1"}]}""", "v1")]
    [InlineData("""{"versions":[{"version":"v1beta1"}]}""", "v1beta1")]
    public async Task Detect_WhatTheServerOffers_PrefersV1(string answer, string version)
    {
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        script.Then(context => context.Response.WriteAsync(answer));

        Assert.Equal(version, (await SliceDialect.DetectAsync(server.Connect(), TestContext.Current.CancellationToken)).Kind.Version);
        Assert.Equal(["/apis/discovery.k8s.io"], server.Requests);
    }

    [Fact]
    public async Task WhenDetected_ServerNotThereYet_AsksAgainAndSaysWhyNot()
    {
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        script.Status(503, "ServiceUnavailable").Status(404, "NotFound")
            .Then(context => context.Response.WriteAsync("""{"versions":[{"version":"v1"}]}"""));
        var (time, told) = (new FakeTimeProvider(), new ConcurrentQueue<string>());

        var detected = SliceDialect.WhenDetectedAsync(server.Connect(), told.Enqueue, time, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return detected.IsCompleted;
        }, "it to be detected");

        Assert.Same(SliceDialect.V1, await detected);
        Assert.Equal(2, told.Count);
        Assert.Contains("1.17", told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhenDetected_Stopped_EndsWithoutAnAnswer()
    {
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        script.Status(503, "ServiceUnavailable");
        using var stopping = new CancellationTokenSource();

        // Stopped in the pause after the first failure, which the clock of the test never ends.
        Assert.Null(await SliceDialect.WhenDetectedAsync(server.Connect(), _ => stopping.Cancel(), new FakeTimeProvider(), stopping.Token)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Detect_NoEndpointSlicesAtAll_SaysWhatIsNeeded()
    {
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        script.Status(404, "NotFound");

        var fault = await Assert.ThrowsAsync<NotSupportedException>(() =>
            SliceDialect.DetectAsync(server.Connect(), TestContext.Current.CancellationToken));

        Assert.Contains("1.17", fault.Message, StringComparison.Ordinal);
    }
}
