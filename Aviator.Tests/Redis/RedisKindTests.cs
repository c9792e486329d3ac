using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>Replicas and Sentinel work; Redis Cluster, and a Sentinel in a Redis's place, are refused in words.</summary>
public sealed class RedisKindTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_ClusterMode_IsRefusedByName()
    {
        await using var server = await RedisServer.StartAsync("--cluster-enabled", "yes");
        await using var client = new RedisClient(server.ConnectionString);
        await RefusedAsync(client, "cluster mode");
    }

    [Fact]
    public async Task Write_SentinelInPlaceOfRedis_IsToldWhatToAdd()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await primary.StartReplicaAsync();
        await using var sentinel = await RedisServer.StartSentinelAsync(primary, "watched");
        await using var client = new RedisClient(sentinel.ConnectionString);
        await RefusedAsync(client, "serviceName=");
    }

    [Fact]
    public async Task Write_SentinelMakesTheReplicaPrimary_IsFollowed()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await primary.StartReplicaAsync();
        foreach (var server in (RedisServer[])[primary, replica]) await RedisUsersTests.MakeUsersAsync(server);
        await using var sentinel = await RedisServer.StartSentinelAsync(primary, "watched");
        await using var client = await RedisClient.ConnectAsync(
            $"{sentinel.ConnectionString},serviceName=watched,user=aviator-agent,password=AGENT-PASSWORD", cluster: "default");
        await client.Reports.WriteAsync(NodeReports.Small("before"), Stop);

        await primary.StopAsync();

        await Eventually.TrueAsync(() => WritesAsync(client, "after"), "the replica is written to", TimeSpan.FromSeconds(60));
        Assert.True((bool)await replica.CommandAsync("SISMEMBER", "aviator:default:nodes", "after"));
    }

    [Fact]
    public async Task Write_ReplicaIsNamedFirst_GoesToThePrimary()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await primary.StartReplicaAsync();
        await using var client = await RedisClient.ConnectAsync($"{replica.ConnectionString},{primary.ConnectionString}");

        for (var call = 0; call < 10; call++) await client.Reports.WriteAsync(NodeReports.Small("a"), Stop);

        Assert.Single(await client.Reports.ReadAllAsync(Stop));
    }

    private static async Task<bool> WritesAsync(RedisClient client, string node)
    {
        try
        {
            await client.Reports.WriteAsync(NodeReports.Small(node), Stop);
            return true;
        }
        catch (RedisUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Until it is told so, which takes a connection, and until it is reported to users.</summary>
    private static async Task RefusedAsync(RedisClient client, string words)
    {
        await Eventually.TrueAsync(
            async () => (await Assert.ThrowsAsync<RedisUnavailableException>(() =>
                client.Reports.WriteAsync(NodeReports.Small("a"), Stop))).Fault == RedisFault.Unsupported
                && client.Link.Health.Fault is not null,
            "the fault is told");
        Assert.Contains(words, client.Link.Health.Fault, StringComparison.Ordinal);
        Assert.Contains(words, client.Log.Text, StringComparison.Ordinal);
    }
}
