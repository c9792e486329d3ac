using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Core.Steering;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>Orders over real sockets: when they are sent, to whom, in which order, and when they are not.</summary>
public sealed class SteeringPublisherTests : IDisposable
{
    private static readonly KernelTerms Terms = new(TimeSpan.FromSeconds(5));
    private readonly OrderWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Leader_Repeats_WithTermSequenceAndToken_OneAtATime()
    {
        var token = Path.GetTempFileName();
        await File.WriteAllTextAsync(token, "secret", Stop);
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        Decide(("a", 1), ("b", 0));
        _world.Start(new(token, TimeProvider.System));
        _world.Lead(7);

        await Eventually.TrueAsync(() => agent.Taken.Count >= 3, "three orders");
        await _world.StopAsync(Stop);
        File.Delete(token);

        var taken = agent.Taken.ToArray();
        Assert.All(taken, one => Assert.Equal((SteeringOrder.CurrentFormatVersion, "n-0", 7, "Bearer secret"),
            (one.Order.FormatVersion, one.Order.Node, one.Order.Term, one.Bearer)));
        Assert.All(taken.Zip(taken.Skip(1)), pair => Assert.True(pair.First.Order.Sequence < pair.Second.Order.Sequence));
        Assert.All(taken.Zip(taken.Skip(1)), pair =>
            Assert.InRange(Stopwatch.GetElapsedTime(pair.First.At, pair.Second.At), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.9)));
        Assert.Equal(1, agent.MostAtOnce);
        Assert.Equal([1.0, 0.0, 1.0], Weights(taken[0].Order));
        Assert.True(_world.Answers.Of(OrderWorld.Web, Terms) is { Steering: 0 }, "what was said in a term that ended counts no longer");
    }

    [Fact]
    public async Task Changes_OfDecisionAndOfPods_AreSentAtOnce()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        await using var other = await OrderedAgent.StartAsync("n-1");
        _world.Agents = [agent.Endpoint, other.Endpoint];
        Decide(("a", 1));
        _world.Cluster.Subscribe(_ => _world.Routes.Changed.Send());
        _world.Start();
        _world.Lead(1);
        await Eventually.TrueAsync(() => !agent.Taken.IsEmpty && !other.Taken.IsEmpty, "the first orders");

        var changed = Stopwatch.GetTimestamp();
        Decide(("a", 0));
        foreach (var each in (OrderedAgent[])[agent, other])
        {
            await Eventually.TrueAsync(() => Weights(each.Taken.Last().Order)[0] == 0, "the change");
            var took = Stopwatch.GetElapsedTime(changed, each.Taken.First(one => Weights(one.Order)[0] == 0).At);
            Assert.True(took < TimeSpan.FromMilliseconds(600), $"{each.Node} heard after {took}");
        }

        changed = Stopwatch.GetTimestamp();
        _world.Cluster.Pods.Upsert(new("shop", "c"), new(World.Ready("c", 3, "n-2") with { Ready = false }, null, []));
        await Eventually.TrueAsync(() => Weights(agent.Taken.Last().Order).Length == 2, "a pod that is not ready any more");
        Assert.True(Stopwatch.GetElapsedTime(changed, agent.Taken.First(one => Weights(one.Order).Length == 2).At)
            < TimeSpan.FromMilliseconds(600));
    }

    [Fact]
    public async Task LastPolicyGoes_OneEmptyOrder_ThenNothing()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        _world.Start();
        _world.Lead(1);
        await Task.Delay(TimeSpan.FromSeconds(1.2), Stop);
        Assert.Empty(agent.Taken);

        Decide(("a", 1));
        await Eventually.TrueAsync(() => !agent.Taken.IsEmpty, "an order");
        _world.Routes.Forget(OrderWorld.Web);
        await Eventually.TrueAsync(() => agent.Taken.Last().Order.Services.Count == 0, "the order that ends it");
        await Task.Delay(TimeSpan.FromSeconds(2.2), Stop);
        Assert.Single(agent.Taken, one => one.Order.Services.Count == 0);
        Assert.Equal((0, 0), _world.Answers.Count());

        Decide(("a", 1));
        await Eventually.TrueAsync(() => agent.Taken.Last().Order.Services.Count == 1, "orders again");
    }

    [Fact]
    public async Task Standby_SendsNothing_AndATermThatEndsIsFollowedByALaterOne()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        Decide(("a", 1));
        _world.Start();
        await Task.Delay(TimeSpan.FromSeconds(1.2), Stop);
        Assert.Empty(agent.Taken);

        _world.Lead(3);
        await Eventually.TrueAsync(() => agent.Taken.Any(one => one.Order.Term == 3), "the first term");
        _world.Resign();
        await Task.Delay(TimeSpan.FromMilliseconds(200), Stop);
        var before = agent.Taken.Count;
        await Task.Delay(TimeSpan.FromSeconds(1.5), Stop);
        Assert.Equal(before, agent.Taken.Count);

        _world.Lead(4);
        await Eventually.TrueAsync(() => agent.Taken.Any(one => one.Order.Term == 4), "the next term");
    }

    /// <summary>Without election a controller that starts again at once has a term of the same number.</summary>
    [Fact]
    public async Task SameTermInAnotherProcess_ItsOrdersComeLater()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        Decide(("a", 1));
        _world.Start();
        _world.Lead(7);
        await Eventually.TrueAsync(() => agent.Taken.Count >= 2, "orders of the first");
        await _world.StopAsync(Stop);
        var before = agent.Taken.ToArray();

        using var second = new OrderWorld { Agents = [agent.Endpoint] };
        second.Routes.Set(OrderWorld.Web, new(SliceRows.PlainMembership, Terms));
        second.Start();
        second.Lead(7);
        await Eventually.TrueAsync(() => agent.Taken.Count > before.Length, "an order of the second");
        Assert.True(agent.Taken.ElementAt(before.Length).Order.Sequence > before[^1].Order.Sequence);
    }

    [Fact]
    public async Task NewLeader_WaitsForEveryPolicy_ButNotForLong()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        _world.IsComplete = false;
        Decide(("a", 1));
        _world.Start();
        var began = Stopwatch.GetTimestamp();
        _world.Lead(1);
        await Eventually.TrueAsync(() => !agent.Taken.IsEmpty, "an order all the same");
        Assert.InRange(Stopwatch.GetElapsedTime(began, agent.Taken.First().At), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task ShortFailOpen_IsRepeatedWellWithinIt()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        _world.Agents = [agent.Endpoint];
        _world.Routes.Set(OrderWorld.Web, new(SliceRows.PlainMembership, new(TimeSpan.FromSeconds(1))));
        _world.Start();
        _world.Lead(1);
        await Eventually.TrueAsync(() => agent.Taken.Count >= 5, "five orders");
        var taken = agent.Taken.ToArray();
        Assert.All(taken.Zip(taken.Skip(1)), pair =>
            Assert.True(Stopwatch.GetElapsedTime(pair.First.At, pair.Second.At) < TimeSpan.FromMilliseconds(900)));
    }

    [Fact]
    public async Task AgentsThatHangRefuseOrAreGone_HoldUpNoOther_AndArePausedLonger()
    {
        await using var good = await OrderedAgent.StartAsync("n-0");
        await using var refusing = await OrderedAgent.StartAsync("n-1");
        refusing.Status = 409;
        await using var hanging = await OrderedAgent.StartAsync("n-2");
        hanging.Delay = TimeSpan.FromMinutes(1);
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        _world.Agents = [good.Endpoint, refusing.Endpoint, hanging.Endpoint,
            new("deaf", new Uri($"http://{deaf.LocalEndpoint}"), "n-3"), new("gone", new Uri("http://127.0.0.1:1"), "n-4"),
            new("unheard", new Uri("http://127.0.0.1:1"))];
        Decide(("a", 1));
        _world.Start(timeout: TimeSpan.FromMilliseconds(400));
        _world.Lead(1);

        // Change after change, which the others hear of at once, does not shorten the pauses of one that refuses.
        var weight = 0;
        await Eventually.TrueAsync(() =>
        {
            Decide(("a", weight ^= 1));
            return good.Taken.Count >= 20 && refusing.Taken.Count >= 4;
        }, "orders to the one that answers, and to the one that refuses");
        Assert.All(Gaps(good), gap => Assert.True(gap < TimeSpan.FromSeconds(1.9), $"{gap}"));
        var pauses = Gaps(refusing);
        Assert.True(pauses[2] > pauses[0], $"{pauses[0]} then {pauses[2]}");
        Assert.True(pauses[0] + pauses[1] + pauses[2] > TimeSpan.FromSeconds(1), $"{string.Join(' ', pauses)}");

        var standing = _world.Answers.Of(OrderWorld.Web, Terms);
        Assert.Equal((1, 0), (standing.Steering, standing.Waiting));
        Assert.Equal(["n-1", "n-2", "n-3", "n-4", "unheard"], standing.Passing.Select(node => node.Node));
        Assert.Contains("409: scripted", standing.Passing[0].Reason, StringComparison.Ordinal);
        Assert.Contains("did not answer", standing.Passing[1].Reason, StringComparison.Ordinal);
        Assert.Contains("given no report", standing.Passing[4].Reason, StringComparison.Ordinal);
        Assert.Equal((1, 5), _world.Answers.Count());
        Assert.Contains(OrderWorld.Web, _world.Told);

        // One that comes back is sent orders again.
        refusing.Status = 200;
        await Eventually.TrueAsync(() => _world.Answers.Of(OrderWorld.Web, Terms).Steering == 2, "the one that came back");
        _world.Agents = [good.Endpoint];
        await Eventually.TrueAsync(
            () => _world.Answers.Of(OrderWorld.Web, Terms).Passing.Count == 0, "agents that are gone count nowhere");
    }

    [Fact]
    public async Task AnswerForAnotherNode_IsNoAnswer()
    {
        await using var agent = await OrderedAgent.StartAsync("n-0");
        agent.Answer = agent.Answer with { Node = "n-7" };
        _world.Agents = [agent.Endpoint];
        Decide(("a", 1));
        _world.Start();
        _world.Lead(1);
        await Eventually.TrueAsync(() => _world.Answers.Of(OrderWorld.Web, Terms).Passing.Count == 1, "a fault");
        Assert.Contains("n-7", _world.Answers.Of(OrderWorld.Web, Terms).Passing[0].Reason, StringComparison.Ordinal);
    }

    private static TimeSpan[] Gaps(OrderedAgent agent)
    {
        var taken = agent.Taken.ToArray();
        return [.. taken.Zip(taken.Skip(1)).Select(pair => Stopwatch.GetElapsedTime(pair.First.At, pair.Second.At))];
    }

    private static double[] Weights(SteeringOrder order) =>
        [.. order.Services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints).Select(endpoint => endpoint.Weight)];

    private void Decide(params (string Pod, double Weight)[] verdicts) =>
        _world.Routes.Set(OrderWorld.Web, new KernelRoute(World.Decide(verdicts), Terms));
}
