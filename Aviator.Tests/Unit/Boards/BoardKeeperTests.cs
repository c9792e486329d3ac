using Aviator.Controller.Boards;
using Aviator.Controller.Leadership;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Tests.Fixtures.Boards;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>What the board keeps, and what it forgets.</summary>
public sealed class BoardKeeperTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BoardKeeper _keeper;

    public BoardKeeperTests() => _keeper = new(new SoleLeadership(_time), _time);

    private PolicyBoard Policy => Assert.Single(_keeper.Compose().Policies);

    [Fact]
    public void Show_AnEvaluation_PutsItOnTheBoard()
    {
        new ShownPolicy("cart").Evaluate(
            _keeper, ShownPolicy.Row("a", 20), ShownPolicy.Row("b", 400, EndpointState.Ejected, "ejected: p99 400ms, limit 250ms")
                with
            { OpenFor = TimeSpan.FromSeconds(30) });

        var (policy, now) = (Policy, _time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Equal(
            ("shop", "cart", "cart", "Enforce", "Service"),
            (policy.Namespace, policy.Name, policy.Service, policy.Mode, policy.Routing));
        Assert.Equal(("True", "True", "False"), (policy.Ready.Status, policy.Steering.Status, policy.Degraded.Status));
        Assert.Equal((1, 2, now), (policy.Active, policy.Total, policy.EvaluatedAtMs));
        Assert.Equal(["b", "a"], policy.Endpoints.Select(endpoint => endpoint.Pod)); // what gets nothing stands first
        var (ejected, inUse) = (policy.Endpoints[0], policy.Endpoints[1]);
        Assert.Equal((false, 0, now + 30_000), (ejected.InUse, ejected.TrafficShare, ejected.EjectedUntilMs));
        Assert.Equal((true, 1, null), (inUse.InUse, inUse.TrafficShare, inUse.EjectedUntilMs));
    }

    [Fact]
    public void Show_APolicyWithAnEngine_HasItsQueueAndCache_AndNothingWhereThatIsNotKnown()
    {
        new ShownPolicy("llm", engine: "vLLM").Evaluate(
            _keeper,
            ShownPolicy.Row("silent", 40),
            ShownPolicy.Row("no-cache", 30) with { Engine = new(0, null, 3) },
            ShownPolicy.Row("busy", 20) with { Engine = new(12.34, 0.8336, 30) });

        Assert.Equal("vLLM", Policy.Engine);
        Assert.Equal(
            [("silent", null, null), ("no-cache", 0.0, null), ("busy", 12.3, 0.834)],
            Policy.Endpoints.Select(endpoint => (endpoint.Pod, endpoint.EngineWaiting, endpoint.EngineCacheUse)));
    }

    [Fact]
    public void Show_APolicyThatObserves_HasWhatItWouldGain()
    {
        var (fast, slow) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(300));
        new ShownPolicy("cart", "Observe") { Gain = new(fast, slow, fast, fast * 2, 0.24999) }.Evaluate(_keeper, ShownPolicy.Row("a", 20));
        Assert.Equal(new GainBoard(10, 300, 10, 20, 0.25), Policy.Gain);

        new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 20));
        Assert.Null(Policy.Gain);
    }

    [Fact]
    public void Show_APolicyWithoutAnEngine_NamesNone()
    {
        new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 20));

        Assert.Null(Policy.Engine);
        Assert.Null(Policy.Endpoints[0].EngineWaiting);
    }

    [Fact]
    public void History_OfManyEvaluations_IsCutToTheNewest()
    {
        var cart = new ShownPolicy("cart");
        for (var turn = 1; turn <= BoardLimits.History + 5; turn++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            cart.Evaluate(_keeper, ShownPolicy.Row("a", turn));
        }

        var history = Policy.Endpoints[0].History!;
        Assert.Equal(BoardLimits.History, Policy.HistoryAtMs.Count);
        Assert.Equal(BoardLimits.History, history.P99Ms.Count);
        Assert.Equal((6, BoardLimits.History + 5), (history.P99Ms[0], history.P99Ms[^1]));
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), Policy.HistoryAtMs[^1]);
    }

    [Fact]
    public void History_OfAPodThatCameLater_BeginsWithGaps()
    {
        var cart = new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10));
        _time.Advance(TimeSpan.FromSeconds(1));
        cart.Evaluate(_keeper, ShownPolicy.Row("a", 10), ShownPolicy.Row("b", 20));

        var pods = Policy.Endpoints.ToDictionary(endpoint => endpoint.Pod);
        var (came, was) = (pods["b"], pods["a"]);
        Assert.Equal([null, 20.0], came.History!.P99Ms);
        Assert.Equal((Policy.EvaluatedAtMs, null), (came.SinceMs, was.SinceMs));
    }

    [Fact]
    public void Show_TheSameAgain_AddsNothing()
    {
        var cart = new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10));
        var (news, before) = (_keeper.News.Next, Policy);

        cart.ShowAgain(_keeper);

        Assert.False(news.IsCompleted);
        Assert.Same(before, Policy);
    }

    [Fact]
    public void Changed_ByADecision_IsOnTheTimeline_NewestFirst_AndBounded()
    {
        var cart = new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10), ShownPolicy.Row("b", 10));
        cart.Change(_keeper, ShownPolicy.Row("b", 400, EndpointState.Ejected, "ejected: p99 400ms"));
        cart.Change(_keeper, ShownPolicy.Row("b", 10, reason: "selected: rank 2 of 2"));

        Assert.Equal(["Readmitted", "Ejected"], Policy.Decisions.Select(entry => entry.Kind));
        Assert.Equal(("b", "ejected: p99 400ms"), (Policy.Decisions[1].Pod, Policy.Decisions[1].Message));

        for (var turn = 0; turn < BoardLimits.Decisions; turn++)
        {
            var out_ = turn % 2 == 0;
            cart.Change(_keeper, ShownPolicy.Row("b", 50, out_ ? EndpointState.Unselected : EndpointState.Selected, $"turn {turn}"));
        }

        Assert.Equal(BoardLimits.Decisions, Policy.Decisions.Count);
        Assert.Equal($"turn {BoardLimits.Decisions - 1}", Policy.Decisions[0].Message);
    }

    [Fact]
    public void Endpoints_BeyondTheLimit_AreLeftOut_AndTheBoardSaysSo()
    {
        new ShownPolicy("big").Evaluate(_keeper, Rows("big", BoardLimits.Endpoints - 1));
        new ShownPolicy("more").Evaluate(
            _keeper, [.. Rows("more", 3), ShownPolicy.Row("out", 5, EndpointState.Ejected, "ejected: p99 400ms")]);

        var board = _keeper.Compose();
        Assert.Equal("Only 5000 of 5003 endpoints are shown; the policies' totals count all of them.", board.Cut);
        Assert.Equal(BoardLimits.Endpoints, board.Policies.Sum(policy => policy.Endpoints.Count));
        Assert.Equal("out", Assert.Single(board.Policies[1].Endpoints).Pod); // what gets nothing is left out last
        Assert.Equal(4, board.Policies[1].Total);
    }

    [Fact]
    public void Forget_APolicyThatIsGone_TakesItOff()
    {
        new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10));
        new ShownPolicy("search").Evaluate(_keeper, ShownPolicy.Row("s", 10));

        _keeper.Forget("uid-cart");

        Assert.Equal("search", Policy.Name);
    }

    [Fact]
    public void Show_APolicyThatIsGoneByNow_IsNotOnTheBoard()
    {
        var cart = new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10));
        _keeper.Forget("uid-cart");
        cart.ShowAgain(_keeper); // a worker was amid its evaluation

        _keeper.Sources = BoardSources.None with { IsThere = policy => policy != cart.Policy };

        Assert.Empty(_keeper.Compose().Policies);
    }

    [Fact]
    public void Clear_AtTheBeginningOfATerm_ForgetsAll()
    {
        new ShownPolicy("cart").Evaluate(_keeper, ShownPolicy.Row("a", 10));

        _keeper.Clear();

        Assert.Empty(_keeper.Compose().Policies);
    }

    [Theory]
    [InlineData("aviator-controller-7d4-x2x_0123abcd", "aviator-controller-7d4-x2x")]
    [InlineData("chosen_by_hand", "chosen_by_hand")]
    [InlineData("plain", "plain")]
    [InlineData(null, null)]
    public void Leader_ByItsNameAsAHolder_IsNamedAsPeopleKnowIt(string? holder, string? replica) =>
        Assert.Equal(replica, LeaderNames.Replica(holder));

    private static IEnumerable<EndpointRow> Rows(string name, int count) =>
        Enumerable.Range(0, count).Select(pod => ShownPolicy.Row($"{name}-{pod}", 10));
}
