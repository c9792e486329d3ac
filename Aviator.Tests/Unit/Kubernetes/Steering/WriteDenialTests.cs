using System.Text.Json.Nodes;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Steering;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>
/// A rule of admission denies what steering writes: nothing stays behind, and no Service depends on slices that cannot change.
/// </summary>
public sealed class WriteDenialTests
{
    private const string Sentence = "admission webhook \"guard\" denied the request: not yours";
    private static readonly ObjectKey Key = new("shop", "web");
    private static readonly SteeringOptions Options = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Own slices are taken away after the hold, and the state says why all the while.</summary>
    [Fact]
    public async Task TakeOver_SelectorDenied_SlicesDoNotStayAndTheSentenceIsKept()
    {
        await using var server = await FakeApiServer.StartAsync(new Guarded());
        var (cluster, datapath, time) = Build(server);
        var pods = new[] { World.Ready("a", 1), World.Ready("b", 2) };
        var service = World.Web with { Ports = [World.Web.Ports[0]] };
        cluster.Services.Upsert(Key, service);
        foreach (var pod in pods) cluster.Pods.Upsert(new("shop", pod.Name), new(pod, null, []));
        foreach (var slice in DefaultSlices.Of(service, pods)) cluster.Slices.Upsert(new("shop", slice.Name), slice);

        Assert.Equal(1, (await datapath.ApplyAsync(Key, SliceRows.PlainMembership, Stop)).Writes);
        var own = SlicePlanner.Plan(service, cluster.MembershipOf(service), SliceRows.PlainMembership, [], []).Single().Slice with
        {
            Uid = "slice-uid",
            ResourceVersion = "7",
        };
        var name = new ObjectKey("shop", own.Name);
        cluster.Slices.Upsert(name, own);
        var denied = await Assert.ThrowsAsync<ApiException>(() => datapath.ApplyAsync(Key, SliceRows.PlainMembership, Stop));
        Assert.Equal(Sentence, denied.Message);

        // Refused again at each attempt, until a pause is longer than the hold: then the slice goes.
        DatapathState? last = null;
        for (var second = 0; second < 300 && last is not { Writes: 1 }; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            try
            {
                last = await datapath.ApplyAsync(Key, SliceRows.PlainMembership, Stop);
                Assert.Equal((Sentence, false), (last.Denial, last.IsSteered));
            }
            catch (ApiException refusal) when (refusal.Message == Sentence)
            {
                // An attempt.
            }
        }

        Assert.EndsWith($"/endpointslices/{own.Name}", server.Requests.Last(), StringComparison.Ordinal);
        cluster.Slices.Remove(name);
        var after = await datapath.ApplyAsync(Key, SliceRows.PlainMembership, Stop);
        Assert.Equal((SteeringPhase.Released, Sentence), (after.Phase, after.Denial));
        Assert.InRange(server.Requests.Count, 6, 12);
    }

    /// <summary>A passing refusal, as of a server that just started: nothing is taken back for it.</summary>
    [Fact]
    public void Steered_SlicesDeniedForAMoment_StaysSteered()
    {
        var cluster = Steered();
        cluster.Memory = cluster.Memory with { Denial = new(Sentence, OfSlices: true, 3, cluster.Now, cluster.Now) };
        cluster.Now += Options.Patience;
        Assert.Equal(SteeringPhase.Steered, cluster.Step(World.Decide(("a", 1), ("b", 0), ("c", 0))).Phase);
    }

    /// <summary>Dead pods could not leave its slices: Kubernetes' own have to carry the traffic, and the others need no write.</summary>
    [Fact]
    public void Steered_SlicesDeniedForLong_IsHandedBackWithoutWritingThem()
    {
        var cluster = Steered();
        var decision = World.Decide(("a", 1), ("b", 0), ("c", 0));
        cluster.Memory = cluster.Memory with
        {
            Denial = new(Sentence, OfSlices: true, 3, cluster.Now, cluster.Now + TimeSpan.FromMinutes(4)),
        };
        cluster.Now += Options.Patience + TimeSpan.FromSeconds(1);

        var step = cluster.Step(decision);
        Assert.Equal((SteeringPhase.Unselecting, SelectorChange.ClearKey, 0), (step.Phase, step.Selector, step.Writes.Count));
        Assert.Equal(SteeringPhase.Refilling, cluster.Step(decision).Phase);
        cluster.DefaultControllerActs();
        Assert.Equal(SteeringPhase.Holding, cluster.Step(decision).Phase);
        Assert.Equal(["a", "b", "c"], cluster.Served);
        cluster.Now += Options.HoldAfterRelease;
        Assert.All(cluster.Step(decision).Writes, write => Assert.Equal(SliceAction.Delete, write.Action));
        Assert.Empty(cluster.Own);
        Assert.Equal(SteeringPhase.Released, cluster.Step(decision).Phase);

        // When its time has come it is tried again.
        cluster.Now += TimeSpan.FromMinutes(4);
        Assert.Equal(SteeringPhase.Publishing, cluster.Step(decision).Phase);
    }

    /// <summary>While only the selector is denied, what is published has to follow the pods until it is gone.</summary>
    [Fact]
    public void Waiting_SelectorDenied_SlicesStillLoseDeadPods()
    {
        var cluster = new SteeredCluster().DefaultControllerActs();
        var decision = World.Decide(("a", 1), ("b", 0), ("c", 0));
        cluster.Step(decision);
        cluster.Memory = cluster.Memory with
        {
            Denial = new(Sentence, OfSlices: false, 1, cluster.Now, cluster.Now + TimeSpan.FromMinutes(1)),
        };
        cluster.Pods[2] = cluster.Pods[2] with { Ready = false };
        cluster.DefaultControllerActs();

        cluster.Step(decision);
        Assert.Equal(["a", "b"], cluster.Served);
    }

    /// <summary>The release of a policy that is deleted does not wait for slices that cannot be written.</summary>
    [Fact]
    public void Release_SlicesDenied_ClearsTheKeyAllTheSame()
    {
        var cluster = Steered();
        cluster.Memory = cluster.Memory with { Denial = new(Sentence, OfSlices: true, 1, cluster.Now, cluster.Now) };
        Assert.Equal(SelectorChange.ClearKey, cluster.Step(null).Selector);
    }

    private static SteeredCluster Steered()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, World.Decide(("a", 1), ("b", 0), ("c", 0)));
        return cluster;
    }

    private static (ClusterView Cluster, EndpointSliceDatapath Datapath, FakeTimeProvider Time) Build(FakeApiServer server)
    {
        var time = new FakeTimeProvider();
        var connection = server.Connect();
        var cluster = new ClusterView(connection, SliceDialect.V1, null, new(), time, NullLogger<ClusterView>.Instance);
        return (cluster, new(new ServiceTarget(cluster), new SliceApi(connection, SliceDialect.V1), new SoleLeadership(TimeProvider.System),
            Options, time, NullLogger<EndpointSliceDatapath>.Instance), time);
    }

    /// <summary>Slices may be written, and the selector may not.</summary>
    private sealed class Guarded : IApiRoutes
    {
        public async Task AnswerAsync(HttpContext context)
        {
            if (context.Request.Method == HttpMethods.Post)
            {
                var kept = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync(Stop))!;
                (kept["metadata"]!["uid"], kept["metadata"]!["resourceVersion"]) = ("slice-uid", "7");
                await context.Response.WriteAsync(kept.ToJsonString(), Stop);
            }
            else if (context.Request.Method == HttpMethods.Patch)
            {
                context.Response.StatusCode = 403;
                var status = new JsonObject { ["kind"] = "Status", ["code"] = 403, ["reason"] = "Forbidden", ["message"] = Sentence };
                await context.Response.WriteAsync(status.ToJsonString(), Stop);
            }
            else
            {
                await context.Response.WriteAsync("{}", Stop);
            }
        }
    }
}
