using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>routing: Kernel as clients in pods see it, with sockets of either family, short connections and kept ones.</summary>
public sealed class KernelPodClientTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    /// <summary>So many answers without a slow one are no luck: by chance one connection in three goes to the slow pod.</summary>
    private const long Enough = 300;

    private static readonly PodClient[] Clients =
    [
        new("short-v4", Family: 4, Keep: 1),
        new("short-mapped", Family: 6, Keep: 1),
        new("kept-v4", Family: 4, Keep: 20),
        new("kept-mapped", Family: 6, Keep: 20),
    ];

    [Fact]
    public async Task ClientsInPods_PolicyAppliedAndDeleted_AreSteeredWithoutOneError()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES") is null or "",
            "the client's image is not in the cluster: run 'make test-e2e', which builds it (eng/images/build.sh testclient)");
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var clients = new PodClients(Api, Namespace, Workload);
        await clients.StartAsync(await Workload.ExposeAsync(Stop), Clients, Stop);
        await SeenAsync(clients, "a slow answer without a policy", counts => counts.ByPod.GetValueOrDefault("slow") > 0);

        await ApplyPolicyAsync("routing: Kernel\nselection: {mode: threshold}");
        await ConditionBecomesAsync("Steering", "True", "Kernel");
        await SeenAsync(clients, $"{Enough} answers of the fast pods alone", counts =>
            counts.ByPod.GetValueOrDefault("slow") == 0 && counts.Requests >= Enough
            && counts.ByPod.GetValueOrDefault("a") > 0 && counts.ByPod.GetValueOrDefault("b") > 0);

        await DeletePolicyAsync();
        await SeenAsync(clients, "a slow answer again", counts => counts.ByPod.GetValueOrDefault("slow") > 0);
        foreach (var client in Clients)
        {
            var all = (await clients.ReadAsync(client, Stop))!;
            TestContext.Current.TestOutputHelper?.WriteLine($"{client.Name}: {all}");
            Assert.Equal(0, all.Failed);
        }
    }

    /// <summary>Waits until each client has, from some reading on, what is wanted of the requests since.</summary>
    private static Task SeenAsync(PodClients clients, string what, Func<ClientCounts, bool> wanted)
    {
        return Task.WhenAll(Clients.Select(SeenByAsync));

        async Task SeenByAsync(PodClient client)
        {
            var began = await clients.ReadAsync(client, Stop);
            ClientCounts? since = null;
            await Waiting.UntilAsync($"{client.Name} to have {what}", TimeLimits.Seconds(90), async () =>
            {
                var now = await clients.ReadAsync(client, Stop);
                since = now!.Since(began!);
                if (wanted(since)) return true;
                // Whatever the slow pod answered, another stretch begins.
                if (since.ByPod.GetValueOrDefault("slow") > 0) began = now;
                return false;
            }, Stop, () => since?.ToString() ?? "", TimeSpan.FromSeconds(1));
        }
    }
}
