using Aviator.Controller.State;
using Aviator.Core.Decisions;
using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Networks;
using Testcontainers.Redis;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// A Redis in a container. The image is named by AVIATOR_REDIS_IMAGE (eng/offline/redis.sh builds one where none can be pulled). It has a
/// network of its own, because the test cluster's engine runs without the default one.
/// </summary>
public sealed class RedisContainerFixture : IAsyncLifetime
{
    private readonly INetwork _network = new NetworkBuilder().WithName($"aviator-test-{Guid.NewGuid():N}").Build();
    private RedisContainer? _container;

    public RedisContainer Container => _container!;

    public string ConnectionString => Container.GetConnectionString();

    public async ValueTask InitializeAsync()
    {
        await _network.CreateAsync(TestContext.Current.CancellationToken);
        _container = new RedisBuilder(Environment.GetEnvironmentVariable("AVIATOR_REDIS_IMAGE") is { Length: > 0 } image ? image
            : "redis:7-alpine").WithNetwork(_network).Build();
        await _container.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
        await _network.DisposeAsync();
    }
}

/// <summary>The contract of the stores, in a Redis in a container.</summary>
public sealed class ContainerPolicyStateStoreTests(RedisContainerFixture redis) : PolicyStateStoreContract,
    IClassFixture<RedisContainerFixture>, IAsyncLifetime
{
    private RedisClient? _client;

    private protected override IPolicyStateStore Store => _client!.States;

    public async ValueTask InitializeAsync() => _client = await RedisClient.ConnectAsync(redis.ConnectionString);

    public async ValueTask DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
    }
}

/// <summary>The container is taken away and comes back.</summary>
public sealed class RedisContainerTests(RedisContainerFixture redis) : IClassFixture<RedisContainerFixture>
{
    private static readonly PolicyIdentity Policy = new("shop", "web", "uid");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Use_ContainerPausedAndResumed_FailsQuicklyThenWorks()
    {
        await using var client = await RedisClient.ConnectAsync(redis.ConnectionString);
        await client.Reports.WriteAsync(NodeReports.Busy(250) with { Node = "a" }, Stop);
        Assert.Equal(250, Assert.Single(await client.Reports.ReadAllAsync(Stop)).Report!.Endpoints.Count);
        Assert.True(await client.States.SaveAsync(Policy, PolicyState.Initial, 3, Stop));

        await redis.Container.PauseAsync(Stop);
        var fault = await Assert.ThrowsAsync<RedisUnavailableException>(() => client.Reports.ReadAllAsync(Stop));
        Assert.Equal(RedisFault.Slow, fault.Fault);
        await Assert.ThrowsAsync<StateUnavailableException>(async () =>
            await client.States.SaveAsync(Policy, PolicyState.Initial, 3, Stop));

        await redis.Container.UnpauseAsync(Stop);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return !await client.States.SaveAsync(Policy, PolicyState.Initial, 2, Stop);
                }
                catch (StateUnavailableException)
                {
                    return false;
                }
            },
            "an old leader is refused again",
            TimeLimits.Seconds(30));
    }
}
