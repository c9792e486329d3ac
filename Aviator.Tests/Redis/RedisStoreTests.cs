using Aviator.Controller.Clocks;
using Aviator.Controller.State;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>The contract of the stores, in a real Redis.</summary>
public sealed class RedisPolicyStateStoreTests : PolicyStateStoreContract, IAsyncLifetime
{
    private RedisServer? _server;
    private RedisClient? _client;

    private protected override IPolicyStateStore Store => _client!.States;

    public async ValueTask InitializeAsync() =>
        _client = await RedisClient.ConnectAsync((_server = await RedisServer.StartAsync()).ConnectionString);

    public async ValueTask DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }
}

/// <summary>What lies in Redis, and what is made of it.</summary>
public sealed class RedisStoreTests : IAsyncLifetime
{
    private static readonly PolicyIdentity Policy = new("shop", "web", "uid");

    private readonly FakeTimeProvider _time = new();
    private RedisServer _server = null!;
    private RedisClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _client = await RedisClient.ConnectAsync(_server.ConnectionString, new MonotonicClock(_time));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ReadAll_ReportsOfNodes_ComeInOneCallAndGrowOlder()
    {
        await _client.Reports.WriteAsync(NodeReports.Small("a", age: 0.25), Stop);
        await _client.Reports.WriteAsync(NodeReports.Busy(250) with { Node = "b" }, Stop);
        var calls = _client.Calls;

        var nodes = (await _client.Reports.ReadAllAsync(Stop)).ToDictionary(node => node.Node);

        Assert.Equal(1, _client.Calls - calls);
        Assert.Equal(250, nodes["b"].Report!.Endpoints.Count);
        var age = nodes["a"].Report!.AgeSeconds;
        Assert.InRange(age, 0.25, 5);
        await Eventually.TrueAsync(async () => (await AgeAsync("a")) >= age + 0.3, "the report grows older while it lies there");
    }

    [Fact]
    public async Task ReadAll_ClockOfTheServerWasSetBack_IsRefusedAndTold()
    {
        await _client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        await _server.CommandAsync("PEXPIRE", "aviator:test:node:a", 60_000);
        Assert.Contains("set back", Assert.Single(await _client.Reports.ReadAllAsync(Stop)).Fault, StringComparison.Ordinal);

        await _server.CommandAsync("PERSIST", "aviator:test:node:a");
        Assert.Contains("does not expire", Assert.Single(await _client.Reports.ReadAllAsync(Stop)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAll_GarbageOfEveryKind_IsRefusedNodeByNodeAndHealedByTheNextWrite()
    {
        string[] names = ["text", "version", "list", "large", "stranger", "cut"];
        foreach (var name in names.Append("good")) await _client.Reports.WriteAsync(NodeReports.Small(name), Stop);
        var newer = NodeReportCodec.Write(NodeReports.Small("version"));
        newer[2] = 9;
        await _server.CommandAsync("SET", "aviator:test:node:text", "hello", "PX", 9000);
        await _server.CommandAsync("SET", "aviator:test:node:version", newer, "PX", 9000);
        await _server.CommandAsync("DEL", "aviator:test:node:list");
        await _server.CommandAsync("RPUSH", "aviator:test:node:list", "x");
        await _server.CommandAsync("SETRANGE", "aviator:test:node:large", 8 << 20, "x");
        await _server.CommandAsync("SET", "aviator:test:node:stranger", NodeReportCodec.Write(NodeReports.Small("other")), "PX", 9000);
        await _server.CommandAsync("SET", "aviator:test:node:cut", NodeReportCodec.Write(NodeReports.Small("cut"))[..20], "PX", 9000);

        var nodes = (await _client.Reports.ReadAllAsync(Stop)).ToDictionary(node => node.Node);

        Assert.NotNull(nodes["good"].Report);
        Assert.All(names, name => Assert.Null(nodes[name].Report));
        Assert.Contains("format 9", nodes["version"].Fault, StringComparison.Ordinal);
        foreach (var name in names) await _client.Reports.WriteAsync(NodeReports.Small(name), Stop);
        Assert.All(await _client.Reports.ReadAllAsync(Stop), node => Assert.NotNull(node.Report));
    }

    [Fact]
    public async Task ReadAll_NamesOfNodesAreGarbageOrGone_ComeBackWithTheNextWrite()
    {
        await _client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        await _server.CommandAsync("SET", "aviator:test:nodes", "garbage");
        Assert.Empty(await _client.Reports.ReadAllAsync(Stop));
        await _client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        Assert.Single(await _client.Reports.ReadAllAsync(Stop));

        await _server.CommandAsync("SADD", "aviator:test:nodes", "never-wrote");
        Assert.Single(await _client.Reports.ReadAllAsync(Stop));
        Assert.Equal(1, (long)await _server.CommandAsync("SCARD", "aviator:test:nodes"));
    }

    [Fact]
    public async Task Keys_AfterWrites_AreThoseDocumentedAndAllExpire()
    {
        await _client.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        await _client.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop);

        var keys = ((RedisKey[])(await _server.CommandAsync("KEYS", "*"))!).Select(key => key.ToString()).Order(StringComparer.Ordinal);

        Assert.Equal(["aviator:test:node:a", "aviator:test:nodes", "aviator:test:policy:shop/web"], keys);
        foreach (var key in keys) Assert.InRange((long)await _server.CommandAsync("PTTL", key), 1, 24 * 3600 * 1000);
    }

    [Fact]
    public async Task Load_StateThatLayForAWhile_HasItsTimesMovedBy()
    {
        _time.Advance(TimeSpan.FromSeconds(100));
        var open = new BreakerRecord(BreakerPhase.Open, 0, 2, TimeSpan.FromSeconds(160));
        await _client.States.SaveAsync(Policy,
            PolicyState.Initial with { Endpoints = PolicyState.Initial.Endpoints.With("a", new() { Breaker = open }) }, 1, Stop);

        // Twenty seconds pass on the server; the reader's own clock began much later, elsewhere.
        await _server.CommandAsync("PEXPIRE", "aviator:test:policy:shop/web",
            (long)(RedisPolicyStateStore.Lifetime - TimeSpan.FromSeconds(20)).TotalMilliseconds);
        await using var other = await RedisClient.ConnectAsync(_server.ConnectionString, new MonotonicClock(new FakeTimeProvider()));
        var loaded = await other.States.LoadAsync(Policy, Stop);

        Assert.InRange(loaded!.Endpoints["a"].Breaker.OpenUntil.TotalSeconds, 35, 40);
    }

    [Theory]
    [InlineData("{\"v\":99}")]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData("{\"v\":2,\"p\":null}")]
    public async Task Load_StateThatCannotBeRead_IsNoneAndSaidAndReplaced(string garbage)
    {
        await _client.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop);
        await _server.CommandAsync("HSET", "aviator:test:policy:shop/web", "state", garbage);

        Assert.Null(await _client.States.LoadAsync(Policy, Stop));

        Assert.Contains("cannot be used", _client.Log.Text, StringComparison.Ordinal);
        Assert.True(await _client.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop));
        Assert.NotNull(await _client.States.LoadAsync(Policy, Stop));
    }

    [Fact]
    public async Task Save_OverSomethingElse_ReplacesIt()
    {
        await _server.CommandAsync("SET", "aviator:test:policy:shop/web", "garbage");
        Assert.Null(await _client.States.LoadAsync(Policy, Stop));
        Assert.True(await _client.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop));
        await _server.CommandAsync("HSET", "aviator:test:policy:shop/web", "term", "1e300");
        Assert.True(await _client.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop));
        Assert.False(await _client.States.SaveAsync(Policy, PolicyState.Initial, 0, Stop));
        Assert.Contains("Refused to store", _client.Log.Text, StringComparison.Ordinal);
    }

    private async Task<double> AgeAsync(string node) =>
        (await _client.Reports.ReadAllAsync(Stop)).Single(stored => stored.Node == node).Report!.AgeSeconds;
}
