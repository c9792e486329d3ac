using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

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
        _script.Status(404, "NotFound").Status(500, "InternalError").Status(404, "NotFound");

        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        Assert.Equal(7, _server.Requests.Count);
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

    /// <summary>Of the three kinds only Rollout exists, and there is one.</summary>
    private ScriptedAnswers OneRollout() => _script
        .Status(404, "NotFound")
        .Then(context => context.Response.WriteAsync("""{"versions":[{"version":"v1alpha1"}]}"""))
        .Then(context => context.Response.WriteAsync(
            """{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"namespace":"shop","name":"r"},""" +
            """ "spec":{"strategy":{"canary":{"stableService":"web"}}}}]}"""))
        .Status(404, "NotFound");
}
