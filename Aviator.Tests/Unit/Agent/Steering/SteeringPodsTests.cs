using System.Diagnostics;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>What the agent sees of a Service that Aviator's slices steer: the pods themselves say who is ready.</summary>
public sealed class SteeringPodsTests
{
    private static readonly string[] OnlyWeb = ["10.1.0.1", "10.1.0.2", "10.1.0.3"];

    [Fact]
    public async Task Pod_ThatIsGoneOrUnready_LeavesTheTableWithinASecondWithoutAController()
    {
        await using var node = await SteeredNode.StartAsync();
        ShowPods(node, Pod("10.1.0.1"), Pod("10.1.0.2"), Pod("10.1.0.4", app: "other"));
        // The third is ordered, but there is no such pod; the fourth is of another Service.
        await node.OrderAsync(ByPods(1, [.. OnlyWeb, "10.1.0.4"]));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");

        var gone = Stopwatch.StartNew();
        ShowPods(node, Pod("10.1.0.2"));
        await HoldsAsync(node, "10.1.0.2");
        Assert.InRange(gone.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        ShowPods(node, Pod("10.1.0.1"), Pod("10.1.0.2", ready: false));
        await HoldsAsync(node, "10.1.0.1");
        ShowPods(node, Pod("10.1.0.1", deleting: true), Pod("10.1.0.2"));
        await HoldsAsync(node, "10.1.0.2");
        // Nobody is left: an empty table lets connects pass to kube-proxy.
        ShowPods(node);
        await HoldsAsync(node, "");
    }

    /// <summary>Own slices repeat a decision, and Kubernetes' own are empty: neither says who is alive.</summary>
    [Fact]
    public async Task Slices_WhateverTheySay_AreNotAskedFor()
    {
        await using var node = await SteeredNode.StartAsync();
        node.Served.Set("endpointslices", SteeredNode.Slice([]), SteeredNode.Slice(["10.1.0.1"], AviatorNames.SliceManager));
        ShowPods(node, Pod("10.1.0.1"), Pod("10.1.0.2"));
        await node.OrderAsync(ByPods(1, OnlyWeb));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
        Assert.DoesNotContain(node.Server.Requests, request => request.Contains("/endpointslices?", StringComparison.Ordinal));
        Assert.Contains(node.Server.Requests, IsForPodsOfShop);
    }

    /// <summary>The Service begins to be steered by slices, and is handed back: at no order is the table empty.</summary>
    [Fact]
    public async Task Order_TurnsFromSlicesToPodsAndBack_TheTableKeepsItsEndpoints()
    {
        await using var node = await SteeredNode.StartAsync();
        ShowPods(node, Pod("10.1.0.1"), Pod("10.1.0.2"));
        node.Show("10.1.0.1", "10.1.0.2");
        await node.OrderAsync(Orders.Of(1, OnlyWeb));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");

        await node.OrderAsync(ByPods(2, OnlyWeb));
        await Eventually.TrueAsync(() => node.Server.Requests.Any(IsForPodsOfShop), "the pods to be followed");
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
        node.Show(); // Kubernetes empties its slice
        ShowPods(node, Pod("10.1.0.2"));
        await HoldsAsync(node, "10.1.0.2");

        node.Show("10.1.0.1", "10.1.0.2");
        await node.OrderAsync(Orders.Of(3, OnlyWeb));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
        Assert.All(node.Table.Applied, applied => Assert.NotEmpty(applied.Single().Endpoints));
    }

    [Fact]
    public async Task Pods_OfANamespaceThatIsNoLongerOrdered_AreNotFollowed()
    {
        await using var node = await SteeredNode.StartAsync();
        ShowPods(node, Pod("10.1.0.1"), Pod("10.1.0.2"));
        await node.OrderAsync(ByPods(1, OnlyWeb));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
        await node.OrderAsync(Orders.Of(2));
        await Eventually.TrueAsync(() => node.Table is { Removed: true, Disposed: true }, "the table's end");

        var requests = node.Server.Requests.Count(IsForPodsOfShop);
        ShowPods(node, Pod("10.1.0.2"));
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(requests, node.Server.Requests.Count(IsForPodsOfShop));
    }

    [Fact]
    public async Task Pods_NotListedYet_LeaveTheOrderAsItIs()
    {
        var fault = new FaultyPods { Broken = true };
        await using var node = await SteeredNode.StartAsync(fault.Before, (_, _) => { });
        ShowPods(node, Pod("10.1.0.2"));
        await node.OrderAsync(ByPods(1, OnlyWeb));
        await HoldsAsync(node, string.Join(' ', OnlyWeb));
        fault.Broken = false;
        await HoldsAsync(node, "10.1.0.2");
    }

    [Fact]
    public async Task Pods_ServerGoesAway_JudgeOlderOrdersAndNotLaterOnes()
    {
        var fault = new FaultyPods();
        await using var node = await SteeredNode.StartAsync(fault.Before, (_, _) => { });
        ShowPods(node, Pod("10.1.0.2"));
        await node.OrderAsync(ByPods(1, OnlyWeb));
        await HoldsAsync(node, "10.1.0.2");

        fault.Broken = true;
        ShowPods(node, Pod("10.1.0.1"));
        var changes = node.Table.Applied.Count;
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        Assert.Equal(changes, node.Table.Applied.Count);

        await node.OrderAsync(ByPods(2, OnlyWeb));
        await HoldsAsync(node, string.Join(' ', OnlyWeb));
    }

    private static SteeringOrder ByPods(long sequence, params string[] pods)
    {
        var order = Orders.Of(sequence, pods);
        return order with
        {
            Services = [order.Services[0] with { PodSelector = new Dictionary<string, string> { ["app"] = "web" } }],
        };
    }

    private static void ShowPods(SteeredNode node, params string[] pods) => node.Served.Set("pods", pods);

    private static string Pod(string address, bool ready = true, bool deleting = false, string app = "web") => $$"""
        {"metadata":{"namespace":"shop","name":"web-{{address}}","labels":{"app":"{{app}}","pod-template-hash":"1"}
                     {{(deleting ? ",\"deletionTimestamp\":\"2026-01-02T12:00:00Z\"" : "")}} },
         "spec":{},
         "status":{"podIPs":[{"ip":"{{address}}"}],
                   "conditions":[{"type":"Ready","status":"{{(ready ? "True" : "False")}}"}]} }
        """;

    private static Task HoldsAsync(SteeredNode node, string pods) => Eventually.TrueAsync(
        () => node.Tables.Count > 0 && node.Table.Holds(Orders.ClusterIp) == pods, $"the table to hold '{pods}'");

    private static bool IsForPodsOfShop(string request) => request.Contains("/namespaces/shop/pods?", StringComparison.Ordinal);

    /// <summary>A server that serves its collections, but for the namespace's pods while it is broken.</summary>
    private sealed class FaultyPods : IApiRoutes
    {
        private ServedCollections _served = new();
        private volatile bool _broken;

        public bool Broken
        {
            get => _broken;
            set => _broken = value;
        }

        public FaultyPods Before(ServedCollections served)
        {
            _served = served;
            return this;
        }

        public Task AnswerAsync(HttpContext context)
        {
            if (!Broken || !context.Request.Path.Value!.EndsWith("/namespaces/shop/pods", StringComparison.Ordinal))
                return _served.AnswerAsync(context);
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        }
    }
}
