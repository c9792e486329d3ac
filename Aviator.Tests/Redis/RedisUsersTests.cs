using Aviator.Controller.State;
using Aviator.Core.Decisions;
using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using StackExchange.Redis;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>The users of docs/state.md, made by its lines as printed: each role can do its work, and nothing else.</summary>
public sealed class RedisUsersTests : IAsyncLifetime
{
    private const string Agent = "user=aviator-agent,password=AGENT-PASSWORD";
    private const string Controller = "user=aviator-controller,password=CONTROLLER-PASSWORD";

    private static readonly PolicyIdentity Policy = new("shop", "web", "uid");

    private RedisServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        await MakeUsersAsync(_server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Runs the lines of the page.</summary>
    internal static async Task MakeUsersAsync(RedisServer server)
    {
        var lines = new Documentation("docs/state.md").Block("ACL SETUSER").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        foreach (var words in lines.Select(line => line.Split(' '))) await server.CommandAsync(words[0], [.. words[1..]]);
    }

    [Fact]
    public async Task Roles_AllTheirWork_IsAllowedAndNothingElseIsAskedFor()
    {
        await using var agent = await ClientAsync(Agent + ",keepAlive=1");
        await using var controller = await ClientAsync(Controller + ",configCheckSeconds=1");

        await agent.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        Assert.NotNull(Assert.Single(await controller.Reports.ReadAllAsync(Stop)).Report);
        Assert.True(await controller.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop));
        Assert.NotNull(await controller.States.LoadAsync(Policy, Stop));

        // What others left in the way is replaced, and the names of nodes without a report are dropped.
        await _server.CommandAsync("SET", "aviator:default:policy:shop/web", "garbage");
        Assert.True(await controller.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop));
        await controller.States.RemoveAsync(Policy, Stop);
        Assert.Null(await controller.States.LoadAsync(Policy, Stop));
        await _server.CommandAsync("SET", "aviator:default:nodes", "garbage");
        await agent.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        await _server.CommandAsync("SADD", "aviator:default:nodes", "gone");
        Assert.Single(await controller.Reports.ReadAllAsync(Stop));
        Assert.Equal(1, (long)await _server.CommandAsync("SCARD", "aviator:default:nodes"));

        // The connections' own checks have come since, and both connections are made again after a cut.
        await Eventually.TrueAsync(() => LastCommandIsAsync("aviator-agent", "ping"), "the client keeps its connection alive");
        await _server.CommandAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await Eventually.TrueAsync(
            async () => await WorksAsync(agent.Reports.WriteAsync(NodeReports.Small("a"), Stop))
                && await WorksAsync(controller.Reports.ReadAllAsync(Stop)),
            "both work again");

        Assert.Empty((RedisResult[])(await _server.CommandAsync("ACL", "LOG"))!);
    }

    [Fact]
    public async Task Roles_WorkOfTheOther_IsDeniedInWords()
    {
        await using var agent = await ClientAsync(Agent);
        await using var controller = await ClientAsync(Controller);
        await agent.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        await controller.States.SaveAsync(Policy, PolicyState.Initial, 1, Stop);

        await DeniedAsync(() => agent.Reports.ReadAllAsync(Stop));
        await DeniedAsync(() => controller.Reports.WriteAsync(NodeReports.Small("a"), Stop));
        foreach (var work in (Func<Task>[])
            [
                () => agent.States.LoadAsync(Policy, Stop).AsTask(),
                () => agent.States.SaveAsync(Policy, PolicyState.Initial, 9, Stop).AsTask(),
                () => agent.States.RemoveAsync(Policy, Stop).AsTask(),
            ])
            Assert.Equal(
                "Redis does not allow this user what is needed", (await Assert.ThrowsAsync<StateUnavailableException>(work)).Message);

        Assert.NotNull(Assert.Single(await controller.Reports.ReadAllAsync(Stop)).Report);
        Assert.NotNull(await controller.States.LoadAsync(Policy, Stop));
    }

    [Theory]
    [InlineData(Agent, "GET aviator:default:node:a")]
    [InlineData(Agent, "SMEMBERS aviator:default:nodes")]
    [InlineData(Agent, "DEL aviator:default:policy:shop/web")]
    [InlineData(Agent, "SET aviator:other:node:a x")]
    [InlineData(Controller, "DEL aviator:default:node:a")]
    [InlineData(Controller, "HSET aviator:default:node:a term 9")]
    [InlineData(Controller, "PEXPIRE aviator:default:node:a 1")]
    [InlineData(Controller, "DEL aviator:other:policy:shop/web")]
    public async Task Role_CommandOutsideItsWork_IsDenied(string user, string command)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.ConnectionString},{user}");
        await RefusedAsync(connection, command);
    }

    [Theory]
    [InlineData(Agent)]
    [InlineData(Controller)]
    public async Task Role_AdministrationOfTheServer_IsDenied(string user)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.ConnectionString},{user},allowAdmin=true");
        foreach (var command in (string[])
            ["FLUSHALL", "FLUSHDB", "CONFIG GET maxmemory", "CONFIG SET maxmemory 1", "KEYS *", "SCAN 0", "ACL LIST", "CLIENT LIST",
                "CLIENT KILL TYPE normal", "SCRIPT FLUSH", "FUNCTION LIST", "SHUTDOWN NOSAVE", "REPLICAOF NO ONE", "SAVE", "MONITOR",
                "PUBLISH channel x", "SELECT 1"])
            await RefusedAsync(connection, command);
    }

    [Fact]
    public async Task Role_AnotherDatabase_WorksWithSelectAdded()
    {
        await _server.CommandAsync("ACL", "SETUSER", "aviator-agent", "+select");
        await using var agent = await ClientAsync(Agent + ",defaultDatabase=3");
        await agent.Reports.WriteAsync(NodeReports.Small("a"), Stop);
        Assert.Contains("db3:", (string?)await _server.CommandAsync("INFO", "keyspace"), StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(ConnectionMultiplexer connection, string command)
    {
        var words = command.Split(' ');
        var fault = await Assert.ThrowsAsync<RedisServerException>(() => connection.GetDatabase().ExecuteAsync(words[0], [.. words[1..]]));
        Assert.Contains("NOPERM", fault.Message, StringComparison.Ordinal);
    }

    private static async Task DeniedAsync(Func<Task> work) =>
        Assert.Equal(RedisFault.Denied, (await Assert.ThrowsAsync<RedisUnavailableException>(work)).Fault);

    private static async Task<bool> WorksAsync(Task work)
    {
        try
        {
            await work;
            return true;
        }
        catch (RedisUnavailableException)
        {
            return false;
        }
    }

    private Task<RedisClient> ClientAsync(string user) =>
        RedisClient.ConnectAsync($"{_server.ConnectionString},{user}", cluster: "default");

    private async Task<bool> LastCommandIsAsync(string user, string command) =>
        ((string?)await _server.CommandAsync("CLIENT", "LIST"))!.Split('\n').Any(line =>
            line.Contains($" user={user} ", StringComparison.Ordinal) && line.Contains($" cmd={command} ", StringComparison.Ordinal));
}
