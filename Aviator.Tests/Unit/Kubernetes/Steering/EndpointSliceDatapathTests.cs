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
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>What the datapath does when the server does something else than it was asked.</summary>
public sealed class EndpointSliceDatapathTests : IAsyncLifetime
{
    private static readonly ObjectKey Web = new("shop", "web");
    private readonly ScriptedAnswers _script = new();
    private FakeApiServer _server = null!;
    private ClusterView _cluster = null!;
    private EndpointSliceDatapath _datapath = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        var connection = _server.Connect();
        _cluster = new(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        _datapath = new(new ServiceTarget(_cluster), new SliceApi(connection, SliceDialect.V1), new SoleLeadership(TimeProvider.System),
            new(), TimeProvider.System, NullLogger<EndpointSliceDatapath>.Instance);

        // A steered Service with two pods of different port numbers, so two slices; both pods have turned unready since they were written.
        _cluster.Services.Upsert(Web,
            World.Web with
            {
                Ports = [World.Web.Ports[0]],
                Selector = new LabelSet([.. World.Web.Selector.All, new(ServiceShape.SteeredKey, "true")])
            });
        PodShape[] pods = [World.Ready("a", 1), World.Ready("b", 2) with { Ports = [new("http", "TCP", 9090)] }, World.Ready("c", 3)];
        var service = _cluster.Services.Find(Web)!;
        var slices = SliceServer.Apply([],
            SlicePlanner.Plan(service, Membership.Resolve(service, pods, World.Zone), SliceRows.PlainMembership, [], []));
        foreach (var slice in slices) _cluster.Slices.Upsert(new("shop", slice.Name), slice);
        foreach (var pod in pods) _cluster.Pods.Upsert(new("shop", pod.Name), new(pod with { Ready = pod.Name == "c" }, null, []));
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Apply_ServerDropsAChangeOfOneSlice_TheOthersAreWrittenAllTheSame()
    {
        _script.Then(context => AnswerAsync(context, "1")).Then(context => AnswerAsync(context, "2"));

        var state = await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);

        Assert.Equal(2, _server.Requests.Distinct().Count());
        Assert.Equal((SteeringPhase.Steered, 1), (state.Phase, state.Writes));
        Assert.NotNull(state.LookAgainAfter);
    }

    [Fact]
    [Trait("Catalogue", "16")]
    public async Task Apply_AnotherWriterWasFirst_NothingIsConcludedAndItLooksAgainSoon()
    {
        _script.Status(409, "Conflict");

        var state = await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);

        Assert.Equal(0, state.Writes);
        Assert.InRange(state.LookAgainAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Apply_UntilTheEchoIsSeen_WritesNothingTwice()
    {
        _script.Then(context => AnswerAsync(context, "2")).Then(context => AnswerAsync(context, "2"));
        await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);

        var state = await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);

        Assert.Equal(0, state.Writes);
        Assert.Equal(2, _server.Requests.Count);
        Assert.Equal(0, _script.Unscripted);
    }

    /// <summary>The server keeps what it was sent, under this version.</summary>
    private static async Task AnswerAsync(HttpContext context, string version)
    {
        var kept = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync(Stop))!;
        kept["metadata"]!["resourceVersion"] = version;
        await context.Response.WriteAsync(kept.ToJsonString(), Stop);
    }
}
