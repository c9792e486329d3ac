using System.Diagnostics;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.State;
using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>
/// Decisions continue whatever Redis does, none waits for it longer than the limit, the condition says what is wrong, and nothing flaps.
/// </summary>
public sealed class RedisEvaluationTests : IAsyncLifetime
{
    private static readonly PolicyIdentity Identity = new("shop", "web", "p");

    /// <summary>The limit, what the decision itself takes, and what a busy machine adds.</summary>
    private static readonly TimeSpan Longest = RedisLink.CallLimit + TimeSpan.FromMilliseconds(250);

    private RedisServer _server = null!;
    private RedisClient _client = null!;
    private EvaluationWorld _world = null!;
    private TimeSpan _longest;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _world = new EvaluationWorld(clock => (_client = new RedisClient(_server.ConnectionString, clock)).States);
        Assert.True(await _client.Link.WhenConnectedAsync(TimeSpan.FromSeconds(10), Stop), "no connection");
        await _world.UntilExcludedAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _world.Dispose();
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Enforce_RedisStoppedAndStartedAgain_DecidesOnAndSaysSo() =>
        await IllAsync(_server.StopAsync, _server.StartAgainAsync, "reached", "answer within 250 ms");

    [Fact]
    public async Task Enforce_RedisTakesSecondsACall_DecidesOnAndSaysSo() =>
        await IllAsync(() => _server.SlowAsync(TimeSpan.FromMinutes(10)), async () =>
            { await _server.StopAsync(); await _server.StartAgainAsync(); }, "answer within 250 ms", "reached");

    [Fact]
    public async Task Enforce_RedisIsFull_DecidesOnAndSaysSo() => await IllAsync(_server.FillAsync, _server.EmptyAsync, "full");

    [Fact]
    public async Task Enforce_RedisFlushedOrHoldingGarbage_IsWrittenAnew()
    {
        foreach (var harm in (string[][])[["FLUSHALL"], ["SET", "aviator:test:policy:shop/web", "garbage"]])
        {
            await _server.CommandAsync(harm[0], [.. harm.Skip(1)]);
            await SecondAsync();
            var stored = await _client.States.LoadAsync(Identity, Stop);
            Assert.Equal(_world.Run.Memory.State!.Endpoints.Select(pair => (pair.Key, pair.Value.Admitted)),
                stored!.Endpoints.Select(pair => (pair.Key, pair.Value.Admitted)));
        }

        Assert.Equal("False", Degraded?.Status);
    }

    [Fact]
    public async Task Enforce_AnotherLeaderHasWritten_DecidesFromItsOwnStateAndLeavesTheirs()
    {
        await _client.States.SaveAsync(Identity, Aviator.Core.Decisions.PolicyState.Initial, _world.Term!.Number + 1, Stop);

        await SecondAsync();

        Assert.Empty((await _client.States.LoadAsync(Identity, Stop))!.Endpoints);
    }

    private PolicyCondition? Degraded => _world.Statuses.LastOrDefault()?.Condition(ConditionType.Degraded);

    /// <summary>Makes Redis ill for four seconds of real time, then well again.</summary>
    private async Task IllAsync(Func<Task> harm, Func<Task> heal, params string[] words)
    {
        await SecondAsync();
        var (decided, evaluations, changes) = (_world.Run.Memory.Decision!.Endpoints.ToDictionary(pair => pair.Key, pair =>
            pair.Value.Weight), _world.Run.Evaluations, _world.Statuses.Count);
        await harm();
        await UntilAsync(() => Degraded?.Status == "True", "Degraded=True");
        Assert.Equal("StateStoreUnavailable", Degraded!.Reason);
        Assert.Contains(words, word => Degraded.Message.Contains(word, StringComparison.Ordinal));
        Assert.Contains("Decisions continue", Degraded.Message, StringComparison.Ordinal);
        for (var i = 0; i < 20; i++) await SecondAsync();

        await heal();
        await UntilAsync(() => Degraded?.Status == "False", "Degraded=False");

        Assert.True(_world.Run.Evaluations >= evaluations + 20);
        Assert.All(_world.Applied.TakeLast(20), decision =>
            Assert.Equal(decided, decision.Endpoints.ToDictionary(pair => pair.Key, pair => pair.Value.Weight)));
        var turns = _world.Statuses.Skip(changes).Select(status => status.Condition(ConditionType.Degraded)!.Status)
            .Aggregate((Last: "False", Count: 0), (sum, next) => (next, sum.Count + (next == sum.Last ? 0 : 1)));
        Assert.Equal(2, turns.Count);
        Assert.True(_longest < Longest, $"an evaluation took {_longest.TotalMilliseconds} ms");
        Assert.NotNull(await _client.States.LoadAsync(Identity, Stop));
    }

    private async Task UntilAsync(Func<bool> condition, string what) => await Eventually.TrueAsync(
        async () =>
        {
            await SecondAsync();
            return condition();
        },
        what,
        TimeSpan.FromSeconds(40));

    private async Task SecondAsync()
    {
        _world.Second();
        _world.Shared.Fault = _client.Link.Health.Fault;
        var began = Stopwatch.GetTimestamp();
        await _world.EnforceAsync(Stop);
        var took = Stopwatch.GetElapsedTime(began);
        if (took > _longest) _longest = took;
    }
}
