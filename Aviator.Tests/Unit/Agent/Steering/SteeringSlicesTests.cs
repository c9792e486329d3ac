using System.Diagnostics;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>What the agent sees of Kubernetes by itself, beside its orders.</summary>
public sealed class SteeringSlicesTests
{
    [Fact]
    public async Task Pod_ThatIsGone_LeavesTheTableWithinASecondWithoutAController()
    {
        await using var node = await SteeredNode.StartAsync();
        node.Show("10.1.0.1", "10.1.0.2");
        await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2", "10.1.0.3"));
        // The third is ordered, but Kubernetes does not show it.
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");

        var gone = Stopwatch.StartNew();
        node.Show("10.1.0.2");
        await HoldsAsync(node, "10.1.0.2");
        Assert.InRange(gone.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        node.Show("10.1.0.1", "10.1.0.2");
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
        node.Show();
        await HoldsAsync(node, "");
    }

    [Fact]
    public async Task Watch_NothingOrdered_IsNotThere()
    {
        await using var node = await SteeredNode.StartAsync();
        node.Show("10.1.0.1");
        await node.OrderAsync(Orders.Of(1));
        await Eventually.TrueAsync(async () =>
            (await node.OrderAsync(Orders.Of(DateTime.UtcNow.Ticks))).Reason == "no Service is ordered", "the empty order");
        Assert.False(Asked(node));

        await node.OrderAsync(Orders.Of(long.MaxValue - 1, "10.1.0.1"));
        await HoldsAsync(node, "10.1.0.1");
        await Eventually.TrueAsync(() => Asked(node), "the watch");
        await node.OrderAsync(Orders.Of(long.MaxValue));
        await Eventually.TrueAsync(() => node.Table is { Removed: true, Disposed: true }, "the table's end");
        var requests = node.Server.Requests.Count(IsForSlices);
        node.Show("10.1.0.2");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(requests, node.Server.Requests.Count(IsForSlices));
    }

    [Fact]
    public async Task Slices_OfAviatorItself_AreNotBelieved()
    {
        await using var node = await SteeredNode.StartAsync();
        node.Served.Set("endpointslices",
            SteeredNode.Slice(["10.1.0.1"]), SteeredNode.Slice(["10.1.0.2"], AviatorNames.SliceManager));
        await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2"));
        await HoldsAsync(node, "10.1.0.1");
        Assert.Contains(node.Server.Requests, request => IsForSlices(request)
            && request.Contains(Uri.EscapeDataString($"{SliceLabels.ManagedBy}!={AviatorNames.SliceManager}"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Slices_NotListedYet_LeaveTheOrderAsItIs()
    {
        var fault = new FaultySlices { Broken = true };
        await using var node = await SteeredNode.StartAsync(fault.Before, (_, _) => { });
        node.Show("10.1.0.2");
        await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2"));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");

        fault.Broken = false;
        await HoldsAsync(node, "10.1.0.2");
    }

    [Fact]
    public async Task Slices_ServerGoesAway_JudgeOlderOrdersAndNotLaterOnes()
    {
        var fault = new FaultySlices();
        await using var node = await SteeredNode.StartAsync(fault.Before, (_, _) => { });
        node.Show("10.1.0.2");
        await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2"));
        await HoldsAsync(node, "10.1.0.2");

        fault.Broken = true;
        node.Show("10.1.0.1");
        var changes = node.Table.Applied.Count;
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        Assert.Equal(changes, node.Table.Applied.Count);

        await node.OrderAsync(Orders.Of(2, "10.1.0.1", "10.1.0.2"));
        await HoldsAsync(node, "10.1.0.1 10.1.0.2");
    }

    /// <summary>Kubernetes before 1.21.</summary>
    [Fact]
    public async Task Slices_ServerKnowsTheBetaOnly_AreReadFromThere()
    {
        var fault = new FaultySlices { OnlyBeta = true };
        await using var node = await SteeredNode.StartAsync(fault.Before, (_, _) => { });
        node.Show("10.1.0.2");
        await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2"));
        await HoldsAsync(node, "10.1.0.2");
        Assert.Contains(node.Server.Requests, request =>
            request.StartsWith("/apis/discovery.k8s.io/v1beta1/endpointslices?", StringComparison.Ordinal));
    }

    private static Task HoldsAsync(SteeredNode node, string pods) => Eventually.TrueAsync(
        () => node.Tables.Count > 0 && node.Table.Holds(Orders.ClusterIp) == pods, $"the table to hold '{pods}'");

    private static bool Asked(SteeredNode node) => node.Server.Requests.Any(IsForSlices);

    private static bool IsForSlices(string request) => request.Contains("/endpointslices?", StringComparison.Ordinal);

    /// <summary>A server that serves its collections, but for slices while it is broken.</summary>
    private sealed class FaultySlices : IApiRoutes
    {
        private ServedCollections _served = new();
        private volatile bool _broken;

        public bool Broken
        {
            get => _broken;
            set => _broken = value;
        }

        public bool OnlyBeta { get; init; }

        public FaultySlices Before(ServedCollections served)
        {
            _served = served;
            return this;
        }

        public Task AnswerAsync(HttpContext context)
        {
            var path = context.Request.Path.Value!;
            var slices = path.EndsWith("/endpointslices", StringComparison.Ordinal);
            if (slices && Broken) context.Response.StatusCode = 500;
            else if (slices && OnlyBeta && !path.Contains("v1beta1", StringComparison.Ordinal)) context.Response.StatusCode = 404;
            else return _served.AnswerAsync(context);
            return Task.CompletedTask;
        }
    }
}
