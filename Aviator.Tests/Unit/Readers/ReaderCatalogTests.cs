using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Readers;

/// <summary>Other people's APIs, slow or broken: steering does not stand still for them.</summary>
public sealed class ReaderCatalogTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedAnswers _script = new();
    private FakeApiServer _server = null!;
    private ReaderCatalog _catalog = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        _catalog = new(_server.Connect(), null, _time, NullLogger<ReaderCatalog>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _catalog.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>An Ingress whose controller may read slices is told of, and holds nothing up.</summary>
    [Fact]
    public async Task Check_ReaderThatMayCope_IsAWarning()
    {
        NoneBut("ingresses", script => Listing(script, "v1", """{"spec":{"defaultBackend":{"service":{"name":"web"}}}}"""));
        var cluster = new ClusterView(_server.Connect(), SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);
        var preflight = new Preflight(cluster, _catalog);

        var found = await preflight.CheckAsync(World.Web, null, Stop);

        Assert.Null(found.Obstacle);
        Assert.StartsWith("Ingress shop/r: its controller may send", found.Warning, StringComparison.Ordinal);
        Assert.Null((await preflight.CheckAsync(World.Web, "ingress", Stop)).Warning);
    }

    [Fact]
    public async Task Get_OneNamespace_AsksForNothingThatNeedsTheWholeCluster()
    {
        using var inOne = new ReaderCatalog(_server.Connect(), "shop", _time, NullLogger<ReaderCatalog>.Instance);
        var asked = ReaderKinds.All.Count(kind => !kind.WholeCluster);
        for (var i = 0; i < asked; i++) _script.Status(404, "NotFound");

        Assert.Empty(await inOne.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        Assert.Equal(asked, _server.Requests.Count);
        Assert.Equal(0, _script.Unscripted);
    }

    [Fact]
    public async Task Get_ServerHangsLater_GivesWhatWasKnown()
    {
        OneRollout().Then(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var known = await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop);
        Assert.Single(known);
        _time.Advance(ReaderCatalog.Lifetime);

        var later = _catalog.GetAsync(Patience, Stop);
        _time.Advance(Patience);

        Assert.Equal(known, await later.WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Get_OneKindFailsLater_ItsOldListServesOnBesideTheNewOnes()
    {
        OneRollout();
        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        _time.Advance(ReaderCatalog.Lifetime);
        NoneBut(Rollouts, script => script.Status(500, "InternalError"));

        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        Assert.Equal(2 * ReaderKinds.All.Count + 1, _server.Requests.Count); // the first time the rollouts were listed, too
    }

    [Fact]
    public async Task Get_NeverListedAndFailing_IsTriedAgainAfterAPauseOnly()
    {
        _script.Status(500, "InternalError");
        await Assert.ThrowsAsync<ApiException>(() => _catalog.GetAsync(Patience, Stop));
        await Assert.ThrowsAsync<ApiException>(() => _catalog.GetAsync(Patience, Stop));
        Assert.Single(_server.Requests);
        _time.Advance(ReaderCatalog.Retry);
        OneRollout();

        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Check_NeverListedAndFailing_HoldsUpATakeOverButNotWhatIsSteered()
    {
        _script.Status(500, "InternalError");
        var cluster = new ClusterView(_server.Connect(), SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);
        var preflight = new Preflight(cluster, _catalog);
        var steered = World.Web with { Selector = new LabelSet([.. World.Web.Selector.All, new(ServiceShape.SteeredKey, "true")]) };

        await Assert.ThrowsAsync<ApiException>(() => preflight.CheckAsync(World.Web, null, Stop));
        Assert.Null((await preflight.CheckAsync(steered, null, Stop)).Obstacle);
    }

    private const string Rollouts = "rollouts";

    /// <summary>Of all kinds only Rollout exists, and there is one.</summary>
    private ScriptedAnswers OneRollout() =>
        NoneBut(Rollouts, script => Listing(script, "v1alpha1", """{"spec":{"strategy":{"canary":{"stableService":"web"}}}}"""));

    /// <summary>Answers to one listing of all kinds, of which the server knows one.</summary>
    private ScriptedAnswers NoneBut(string kind, Action<ScriptedAnswers> answer)
    {
        foreach (var candidate in ReaderKinds.All)
            if (candidate.Resource.Plural == kind) answer(_script);
            else _script.Status(404, "NotFound");
        return _script;
    }

    /// <summary>The group has this version, and there is one object, shop/r.</summary>
    private static void Listing(ScriptedAnswers script, string version, string body) => script
        .Then(context => context.Response.WriteAsync($$$"""{"versions":[{"version":"{{{version}}}"}]}"""))
        .Then(context => context.Response.WriteAsync(
            """{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"namespace":"shop","name":"r"},""" + body[1..] + "]}"));
}
