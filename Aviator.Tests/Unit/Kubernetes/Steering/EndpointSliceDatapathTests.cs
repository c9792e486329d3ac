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

    /// <summary>A rule of admission writes a label onto every slice: to take it off again would be a write without end.</summary>
    [Fact]
    public async Task Apply_LabelsThatTheServerChanges_AreLeftAlone()
    {
        _script.Then(context => AnswerAsync(context, "2", "team")).Then(context => AnswerAsync(context, "2", "team"));
        await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);
        foreach (var slice in _cluster.Slices.InNamespace("shop").Values)
        {
            _cluster.Slices.Upsert(new("shop", slice.Name), slice with
            {
                ResourceVersion = "2",
                Labels = new LabelSet([new("team", "a")]),
                Endpoints = slice.Endpoints.Select(row => row with
                {
                    Ready = row.PodName == "c",
                    Serving = row.PodName == "c",
                    Zone = null,
                }).ToValueList(),
            });
        }

        var state = await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop);

        Assert.Equal((SteeringPhase.Steered, 0, null), (state.Phase, state.Writes, state.LookAgainAfter));
        Assert.Equal(2, _server.Requests.Count);
    }

    /// <summary>The server knows zones and not nodes: it is asked for what it stores.</summary>
    [Fact]
    public async Task Apply_HintsForNodesThatTheServerDrops_AreAskedForOnce()
    {
        var service = _cluster.Services.Find(Web)!;
        _cluster.Services.Upsert(Web, service with { Topology = TopologyMode.Node });
        foreach (var node in new[] { "n-0", "n-1" }) _cluster.Nodes.Upsert(new("", node), new("zone-0", MayServe: true));
        for (var slice = 0; slice < 2; slice++) _script.Then(context => AnswerAsync(context, "2", dropNodes: true));

        Assert.Equal(2, (await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop)).Writes);
        foreach (var slice in _cluster.Slices.InNamespace("shop").Values)
        {
            _cluster.Slices.Upsert(new("shop", slice.Name), slice with
            {
                ResourceVersion = "2",
                Endpoints = slice.Endpoints.Select(row => row with
                {
                    Ready = row.PodName == "c",
                    Serving = row.PodName == "c",
                    Zone = "zone-0",
                    HintZones = ["zone-0"],
                }).ToValueList(),
            });
        }

        Assert.Equal(0, (await _datapath.ApplyAsync(Web, SliceRows.PlainMembership, Stop)).Writes);
        Assert.Equal(2, _server.Requests.Count);
    }

    /// <summary>The server keeps what it was sent, under this version.</summary>
    /// <param name="context">The request.</param>
    /// <param name="version">The version.</param>
    /// <param name="label">A label that a rule of admission adds; null for none.</param>
    /// <param name="dropNodes">Whether it knows no hints for nodes.</param>
    private static async Task AnswerAsync(HttpContext context, string version, string? label = null, bool dropNodes = false)
    {
        var kept = JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync(Stop))!;
        if (label is not null) kept["metadata"]!["labels"]![label] = "a";
        if (dropNodes)
        {
            foreach (var row in kept["endpoints"]!.AsArray())
                if (row!["hints"] is JsonObject hints) hints.Remove("forNodes");
        }

        kept["metadata"]!["resourceVersion"] = version;
        await context.Response.WriteAsync(kept.ToJsonString(), Stop);
    }
}
